//===- PipeDataOps.td - loads, rows, stores ----------------*- tablegen -*-===//
#ifndef PIPE_DATA_OPS_TD
#define PIPE_DATA_OPS_TD

include "dialect/pipe/PipeTypes.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

//===----------------------------------------------------------------------===//
// Loads into a slot
//===----------------------------------------------------------------------===//

def Pipe_LoadBoxOp : Pipe_Op<"load_box", [AttrSizedOperandSegments]> {
  let summary = "Load a box of a tensor by TMA";
  let description = [{
    With `rows` only as many of the tile's first rows are loaded. Boxes of fewer
    rows follow each other. With `multicast` each block of the cluster loads an
    equal share of the rows and sends it to all of them `if` they all need the
    same tile, else each loads all rows of its own.

    - (P12) stands in a fill.
    - (P13) one index for each dimension of the tensor.
    - (P14) the box holds as many columns as the tile, of its type, and its rows,
      times `multicast`, divide those that are loaded: at most the tile's. Where
      several fill a tile they have an extent of 1 in all dimensions before rows.
    - (P24) multicast is the cluster of a walk of pairs of row tiles, and `if` the
      walk's `shared`.
  }];
  let arguments = (ins Pipe_TensorMap:$source, Variadic<Index>:$indices,
                       Pipe_Tile:$tile, OptionalAttr<SignedInt>:$rows,
                       DefaultValuedAttr<SignedInt, "1">:$multicast,
                       Optional<I1>:$shared);
  let assemblyFormat = [{
    $source `[` $indices `]` `to` $tile (`rows` `=` $rows^)?
    (`multicast` `=` $multicast^ `if` $shared)? attr-dict
    `:` type($source) `to` type($tile)
  }];
  let builders = [
    // Of the tile's first `rows` rows.
    OpBuilder<(ins "Value":$source, "ValueRange":$indices, "Value":$tile,
                   "int64_t":$rows, "int64_t":$multicast, "Value":$shared)>
  ];
  let extraClassDeclaration = [{
    /// Rows of the tile that are loaded.
    int64_t getLoadedRows();
    /// Rows of one box.
    int64_t getBoxRows();
    /// Bytes that arrive in the tile.
    int64_t getBytes();
  }];
  let hasVerifier = 1;
}

def Pipe_LoadRowsOp : Pipe_Op<"load_rows"> {
  let summary = "Copy rows of a matrix into a tile, one row number a row";
  let description = [{
    Hopper's TMA cannot gather, so the producer's threads copy 16 bytes each (4 for
    a column of f32). Rows that follow each other can be copied as well. Padding
    rows and columns past the end read as zero.

    - (P12) stands in a fill.
    - (P15) the tile has as many rows as there are row numbers, of use `gather`;
      it is swizzled and f8E4M3FN, or one or four columns of f32.
    - (P23) the rows of the source are packed and of a static length.
  }];
  let arguments = (ins MemRefRankOf<[F8E4M3FN, F32], [2]>:$source,
                       Pipe_Rows:$rows, Index:$column, Pipe_Tile:$tile);
  let assemblyFormat = [{
    $source `[` $rows `,` $column `]` `to` $tile attr-dict
    `:` type($source) `,` type($rows) `to` type($tile)
  }];
  let hasVerifier = 1;
}

def Pipe_LoadBlockScalesOp : Pipe_Op<"load_block_scales"> {
  let summary = "Load the scales of some blocks of the weights, one a block row";
  let description = [{
    Row i of the tile gets source[expert, line i, k …]: as many as it has columns.
    So few bytes are nothing for TMA, a thread of the producer copies them.

    - (P12), (P6) stands in a fill of the producer.
    - (P33) the tile is one or four columns of f32 with a row for each line.
  }];
  let arguments = (ins MemRefRankOf<[F32], [3]>:$source, Index:$expert,
                       Variadic<Index>:$lines, Index:$k, Pipe_Tile:$tile);
  let assemblyFormat = [{
    $source `[` $expert `,` `(` $lines `)` `,` $k `]` `to` $tile attr-dict
    `:` type($source) `to` type($tile)
  }];
  let hasVerifier = 1;
}

//===----------------------------------------------------------------------===//
// Rows
//===----------------------------------------------------------------------===//

def Pipe_ReadRowsOp : Pipe_Op<"read_rows"> {
  let summary = "Read the row numbers of a tile, or of one slab of it";
  let description = [{
    map[row + i] / divisor for each row i; negative where map[row + i] is
    `limit` or more. Use `gather` is the whole tile, `store` one slab of this
    warpgroup.

    - (P6) `gather` stands in the producer, `store` in the consumers.
    - (P22) slab is one of the warpgroup's: below block_m / (64 * warpgroups).
  }];
  let arguments = (ins MemRefRankOf<[I32], [1]>:$map, Index:$row, Index:$limit,
                       DefaultValuedAttr<SignedInt, "1">:$divisor,
                       DefaultValuedAttr<SignedInt, "0">:$slab);
  let results = (outs Pipe_Rows:$rows);
  let assemblyFormat = [{
    $map `[` $row `]` `below` $limit (`divisor` `=` $divisor^)?
    (`slab` `=` $slab^)? attr-dict `:` type($map) `->` type($rows)
  }];
  let hasVerifier = 1;
}

def Pipe_RowRangeOp : Pipe_Op<"row_range", [Pure]> {
  let summary = "The rows of a tile or a slab as they are: row, row + 1, …";
  let description = [{
    Use `gather` is the whole tile, `store` one slab of this warpgroup. Those from
    `limit` on are negative.

    - (P6) `gather` stands in the producer, `store` in the consumers.
    - (P22) slab is one of the warpgroup's.
    - (P44) a limit is for `store`.
  }];
  let arguments = (ins Index:$row, Optional<Index>:$limit,
                       DefaultValuedAttr<SignedInt, "0">:$slab);
  let results = (outs Pipe_Rows:$rows);
  let assemblyFormat = [{
    $row (`below` $limit^)? (`slab` `=` $slab^)? attr-dict `:` type($rows)
  }];
  let hasVerifier = 1;
}

def Pipe_ReadRowWeightsOp : Pipe_Op<"read_row_weights"> {
  let summary = "Read the weights of the rows of a slab";
  let description = [{
    weights[row + i] for each row i.

    - (P6) stands in the consumers.
    - (P22) slab is one of the warpgroup's.
  }];
  let arguments = (ins MemRefRankOf<[F32], [1]>:$weights, Index:$row,
                       DefaultValuedAttr<SignedInt, "0">:$slab);
  let results = (outs Pipe_RowScales:$scales);
  let assemblyFormat = [{
    $weights `[` $row `]` (`slab` `=` $slab^)? attr-dict `:` type($weights)
    `` custom<TurnedScales>(type($scales))
  }];
  let hasVerifier = 1;
}

def Pipe_ReadRowSlotsOp : Pipe_Op<"read_row_slots"> {
  let summary = "Read which slots of each row's token have an expert";
  let description = [{
    Bit s of row i is set if ids[(row + i) * slots + s] is one of 0 ... experts - 1;
    none is for rows from `limit` on.

    - (P6) stands in the consumers.
    - (P22) slab is one of the warpgroup's.
    - (P45) slots are 1 to 32.
  }];
  let arguments = (ins MemRefRankOf<[I32], [1]>:$ids, Index:$row, Index:$limit,
                       SignedInt:$slots, SignedInt:$experts,
                       DefaultValuedAttr<SignedInt, "0">:$slab);
  let results = (outs Pipe_RowSlots:$bits);
  let assemblyFormat = [{
    $ids `[` $row `]` `below` $limit `slots` `=` $slots `experts` `=` $experts
    (`slab` `=` $slab^)? attr-dict `:` type($ids)
  }];
  let hasVerifier = 1;
}

def Pipe_ReadRowScalesOp : Pipe_Op<"read_row_scales"> {
  let summary = "Read the scales of the rows of a slab from a slot";
  let description = [{
    Those in `column`, or in the only one.

    - (P6) stands in the consumers.
    - (P16) the tile holds f32, a row for each row of the block's tile; with one
      column there is no `column`, with more there is.
    - (P22) slab is one of the warpgroup's.
  }];
  let arguments = (ins Pipe_Tile:$tile, Optional<Index>:$column,
                       DefaultValuedAttr<SignedInt, "0">:$slab);
  let results = (outs Pipe_RowScales:$scales);
  let assemblyFormat = [{
    $tile (`column` $column^)? (`slab` `=` $slab^)? attr-dict `:` type($tile)
    `` custom<TurnedScales>(type($scales))
  }];
  let hasVerifier = 1;
}

def Pipe_ReadBlockScaleOp : Pipe_Op<"read_block_scale"> {
  let summary = "Read the scale of one block of the weights from a slot";
  let description = [{
    That in `column`, or in the only one.

    - (P6) stands in the consumers.
    - (P34) the tile is of f32 and has the row; with one column there is no
      `column`, with more there is.
  }];
  let arguments = (ins Pipe_Tile:$tile, SignedInt:$row, Optional<Index>:$column);
  let results = (outs F32:$scale);
  let assemblyFormat = [{
    $tile `[` $row `]` (`column` $column^)? attr-dict `:` type($tile)
  }];
  let hasVerifier = 1;
}

//===----------------------------------------------------------------------===//
// Stores
//===----------------------------------------------------------------------===//

def Pipe_StoreRowsOp : Pipe_Op<"store_rows", [AttrSizedOperandSegments]> {
  let summary = "Round and store rows, each where its number says";
  let description = [{
    Column n of the accumulators, side by side, goes to column `column` + n of
    the destination if that lies in [first, last); rows with a negative number
    go nowhere. Rows are rounded to the destination's type in `staging` and leave
    from there by bulk copies, one a row, while the warpgroup goes on; if there is
    an `outbox`, its senders send them. Before `staging` is written again, or the
    role ends, they have been read. They stay in L2 for the next kernel as long as
    there is room. With `add` they are added to what is there, each sum rounded to
    bf16, in any order.
    `column`, `first` and `last` are multiples of 16.

    With turned accumulators all consumer warpgroups store together, side by
    side in each accumulator's columns.

    - (P20) the accumulators' columns are a multiple of 16, their rows are as
      many as the row numbers, of use `store`; all or none are turned.
    - (P21) staging is of the destination's type, has 64 rows for each consumer
      warpgroup, turned as many as the accumulators, and is at least 16 bytes
      wider than what is stored.
    - (P6) stands in the consumers.
    - (P23) the rows of the destination are packed and of a static length.
    - (P26) only bf16 is added.
    - (P32) an outbox has a sender with 64 rows for each consumer warpgroup, turned
      one with all rows; all stores by it are alike in `add` and use one staging,
      and all via that staging are by it.
  }];
  let arguments = (ins Variadic<Pipe_Acc>:$accs, Pipe_Tile:$staging,
                       MemRefRankOf<[BF16, F8E4M3FN], [2]>:$destination,
                       Pipe_Rows:$rows, Index:$column, Index:$first,
                       Index:$last, Optional<Pipe_Outbox>:$outbox,
                       UnitAttr:$add);
  let assemblyFormat = [{
    (`add` $add^)? $accs `via` $staging (`by` $outbox^)?
    `to` $destination `[` $rows `,` $column `]` `columns` $first `to` $last attr-dict
    `:` type($accs) `via` type($staging) (`by` type($outbox)^)?
    `to` type($destination) `,` type($rows)
  }];
  let extraClassDeclaration = [{
    /// Columns that are stored: those of the accumulators, side by side; turned
    /// of those that `warpgroups` of the consumers have.
    int64_t getColumns(int64_t warpgroups);
    bool isTurned();
  }];
  let hasVerifier = 1;
}

def Pipe_StoreRowScalesOp : Pipe_Op<"store_row_scales"> {
  let summary = "Store the scales of the rows of a slab, one behind the other";
  let description = [{
    The scale of row i of the slab goes to element `line` * `pitch` + `row` + i,
    where `row` is the first row of the block's tile.

    - (P6) stands in the consumers.
    - (P22) slab is one of the warpgroup's.
  }];
  let arguments = (ins Pipe_RowScales:$scales,
                       MemRefRankOf<[F32], [2]>:$destination, Index:$line,
                       Index:$row, Index:$pitch,
                       DefaultValuedAttr<SignedInt, "0">:$slab);
  let assemblyFormat = [{
    $scales `to` $destination `[` $line `,` $row `]` `pitch` $pitch
    (`slab` `=` $slab^)? attr-dict `:` type($destination)
    `` custom<TurnedScales>(type($scales))
  }];
  let hasVerifier = 1;
}

def Pipe_NoteStoredOp : Pipe_Op<"note_stored"> {
  let summary = "What this warp stored of earlier tiles has arrived";
  let description = [{
    Waits until it has, which a tile later is long past, and tells the producer.
    The end of the role does so, too, for the last tile.

    - (P6) stands in the consumers.
  }];
  let arguments = (ins Pipe_Ledger:$ledger);
  let assemblyFormat = "$ledger attr-dict";
  let hasVerifier = 1;
}

def Pipe_PostRowsOp : Pipe_Op<"post_rows"> {
  let summary = "Count the rows of a tile when they are stored";
  let description = [{
    Adds `count` to progress[1 + row / row_alignment] when all consumers have noted
    that the tile is stored: three tiles later, when nobody has to wait for that, or
    at the end of the role. When all blocks are there progress[0] is 2^30. `row` is
    one of the tile's.

    - (P6) stands in the producer.
  }];
  let arguments = (ins Pipe_Ledger:$ledger, MemRefRankOf<[I32], [1]>:$progress,
                       Index:$row, Index:$count, SignedInt:$row_alignment);
  let assemblyFormat = [{
    $progress `[` $row `]` `count` $count `row_alignment` `=` $row_alignment
    `from` $ledger attr-dict `:` type($progress)
  }];
  let hasVerifier = 1;
}

def Pipe_AwaitRowsOp : Pipe_Op<"await_rows"> {
  let summary = "Wait until an earlier kernel has stored a run of rows";
  let description = [{
    Waits for the `row_alignment` rows that `row` is one of, of which `rows` from
    there on are no padding: progress[1 + row / row_alignment] counts `columns` for
    each 16 rows, of the runs of 64 that hold one, or all blocks are done
    (pipe.post_rows). Then TMA may read them. Where progress is null it is as
    pipe.wait_earlier.

    - (P42) stands in the tile loop of a late producer, which waits for the whole
      kernel behind that loop.
  }];
  let arguments = (ins MemRefRankOf<[I32], [1]>:$progress, Index:$row,
                       Index:$rows, SignedInt:$row_alignment,
                       SignedInt:$columns);
  let assemblyFormat = [{
    $progress `[` $row `]` `rows` $rows `row_alignment` `=` $row_alignment
    `columns` `=` $columns attr-dict `:` type($progress)
  }];
  let hasVerifier = 1;
}

#endif // PIPE_DATA_OPS_TD
