//===- PipeOps.td - rings, queues, roles and walks ---------*- tablegen -*-===//
#ifndef PIPE_OPS_TD
#define PIPE_OPS_TD

include "dialect/pipe/PipeArithmeticOps.td"
include "dialect/pipe/PipeDataOps.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

//===----------------------------------------------------------------------===//
// Shared memory
//===----------------------------------------------------------------------===//

def Pipe_RingOp : Pipe_Op<"ring"> {
  let summary = "Make a ring of slots, empty, known to the whole block";
  let description = [{
    Every thread of the block passes here before any role starts. `offsets`
    holds the byte offset of the first slot of each tile and, last, of the
    barriers (full and empty, 8 bytes each, a pair a stage); it is filled in by
    pipe-plan-shared-memory.

    - (P1) stands in the body of a gpu.func.
    - (P2) offsets, if given, are one for each tile and one for the barriers;
      those of swizzled tiles are multiples of 1024.

    Example:

    ```mlir
    %ring = pipe.ring : !pipe.ring<4, !pipe.tile<128x128xf8E4M3FN>,
                                      !pipe.tile<128x128xf8E4M3FN>>
    ```
  }];
  let arguments = (ins OptionalAttr<DenseI64ArrayAttr>:$offsets);
  let results = (outs Pipe_Ring:$ring);
  let assemblyFormat = "(`at` $offsets^)? attr-dict `:` type($ring)";
  let hasVerifier = 1;
}

def Pipe_BufferOp : Pipe_Op<"buffer"> {
  let summary = "Set shared memory aside";
  let description = [{
    `offset` is filled in by pipe-plan-shared-memory.

    - (P1) stands in the body of a gpu.func.
  }];
  let arguments = (ins OptionalAttr<SignedInt>:$offset);
  let results = (outs Pipe_Tile:$tile);
  let assemblyFormat = "(`at` $offset^)? attr-dict `:` type($tile)";
  let hasVerifier = 1;
}

def Pipe_TileQueueOp : Pipe_Op<"tile_queue"> {
  let summary = "Let blocks take tiles one by one, each when it is done";
  let description = [{
    counter[0] is how many tiles were taken behind the first of each block,
    counter[1] how many blocks are done, where a cluster counts as one block; both are zero before the kernel, and
    the last block makes them zero again. The producer (of a cluster's
    first block) takes tiles, one ahead, and tells all threads of the block, or of
    the cluster, through shared memory: four numbers and
    four pairs of barriers at `offset`, which pipe-plan-shared-memory fills in.

    Tiles that share weights then start close to each other however long those
    before them took, and find the weights in L2.

    - (P1) stands in the body of a gpu.func.
    - (P28) counter holds two numbers.
  }];
  let arguments = (ins MemRefRankOf<[I32], [1]>:$counter,
                       OptionalAttr<SignedInt>:$offset);
  let results = (outs Pipe_TileQueue:$queue);
  let assemblyFormat = [{
    $counter (`at` $offset^)? attr-dict `:` type($counter)
  }];
  let extraClassDeclaration = [{
    static constexpr int64_t kDepth = 4;
    /// Of shared memory: numbers, then barriers.
    static constexpr int64_t kBytes = kDepth * (8 + 2 * 8);
  }];
  let hasVerifier = 1;
}

def Pipe_ExchangeOp : Pipe_Op<"exchange"> {
  let summary = "Set up a row exchange, known to the whole block";
  let description = [{
    Shared memory and two barriers at `offset`, which pipe-plan-shared-memory
    fills in.

    - (P1) stands in the body of a gpu.func.
  }];
  let arguments = (ins OptionalAttr<SignedInt>:$offset);
  let results = (outs Pipe_RowExchange:$exchange);
  let assemblyFormat = "(`at` $offset^)? attr-dict `:` type($exchange)";
  let hasVerifier = 1;
}

def Pipe_LedgerOp : Pipe_Op<"ledger"> {
  let summary = "Set up a ledger, known to the whole block";
  let description = [{
    A later kernel may read rows while this one still runs, if it knows that they
    are there. Consumers say it to the producer (pipe.note_stored), which says it to
    that kernel (pipe.post_rows): a fence of the whole GPU takes longer than a K
    block, and the producer is some of these ahead. Three barriers and what the
    producer has not posted yet lie at `offset`, which pipe-plan-shared-memory fills
    in.

    - (P1) stands in the body of a gpu.func.
    - (P41) the kernel has no other one, and a pipe.post_rows in a producer that
      gathers. In each tile the producer comes to one of these, and each warp of
      the consumers to one pipe.note_stored.
  }];
  let arguments = (ins OptionalAttr<SignedInt>:$offset);
  let results = (outs Pipe_Ledger:$ledger);
  let assemblyFormat = "(`at` $offset^)? attr-dict";
  let extraClassDeclaration = [{
    /// Tiles that are not posted yet, of each where and how much is counted.
    static constexpr int64_t kDepth = 3;
    static constexpr int64_t kBarriers = 3;
    static constexpr int64_t kBytes = kBarriers * 8 + 8 + kDepth * 8;
  }];
  let hasVerifier = 1;
}

def Pipe_OutboxOp : Pipe_Op<"outbox"> {
  let summary = "Set up an outbox, known to the whole block";
  let description = [{
    To send a row is one instruction that is not over before TMA has taken it in,
    and a warpgroup has 64 to send at the end of each tile. Of a producer that
    only speaks to TMA three warps have nothing to do: warp s + 1 of the block is
    sender s. A `pipe.store_rows` by the outbox leaves it the rows in staging and
    goes on. Slips (where rows go) and a pair of barriers for each sender lie at
    `offset`, which pipe-plan-shared-memory fills in.

    - (P1) stands in the body of a gpu.func.
    - (P31) the kernel has no other one, and gathers no rows, which takes all warps
      of its producer.
  }];
  let arguments = (ins OptionalAttr<SignedInt>:$offset);
  let results = (outs Pipe_Outbox:$outbox);
  let assemblyFormat = "(`at` $offset^)? attr-dict `:` type($outbox)";
  let hasVerifier = 1;
}

//===----------------------------------------------------------------------===//
// Control
//===----------------------------------------------------------------------===//

def Pipe_WaitEarlierOp : Pipe_Op<"wait_earlier"> {
  let summary = "Wait for earlier kernels of the stream; then let later ones start";
  let description = [{
    Programmatic dependent launch (PTX ISA, griddepcontrol): the kernel may be
    launched while its predecessor runs, and what stands before this op overlaps
    with it. What the predecessor writes is read, and what it reads is written,
    only by threads that passed here, or heard so through a barrier from one that
    did; or was told at pipe.await_rows that just these rows are there. As the predecessor let this kernel start only here, all kernels before
    that one are over. Launched plainly, or where the thread has passed one, it
    does nothing.

    - (P1) stands in the body of a gpu.func, in a late producer or in its tile
      loop.
    - (P40) in the body of a gpu.func rings, exchanges, ledgers, outboxes and tile
      queues stand before it: their barriers are set up, and the block meets, while the
      predecessor runs.
  }];
  let assemblyFormat = "attr-dict";
  let hasVerifier = 1;
}

def Pipe_YieldOp : Pipe_Op<"yield", [Terminator, Pure,
    ParentOneOf<["RoleOp", "TilesOp", "FillOp", "DrainOp"]>]> {
  let summary = "End a region; what a drain yields outlives its slot";
  let arguments = (ins Variadic<AnyType>:$values);
  let assemblyFormat = "($values^ `:` type($values))? attr-dict";
  let builders = [OpBuilder<(ins), [{
    build($_builder, $_state, ::mlir::ValueRange());
  }]>];
}

def Pipe_RoleOp : Pipe_Op<"role",
    [SingleBlockImplicitTerminator<"YieldOp">, NoRegionArguments]> {
  let summary = "What some warpgroups of the block do";
  let description = [{
    The producer is the first warpgroup, the consumers are those after it. Each
    thread sets its register count to `registers` first.

    A late producer is another warp of the producer's warpgroup. It fills slots
    together with the producer, with what an earlier kernel writes: the producer
    does not wait for that kernel, and is as far ahead as there are slots when it
    ends.

    - (P3) stands in the body of a gpu.func: the producer, perhaps a late producer,
      the consumers, and nothing but the return after them.
    - (P4) the producer has one warpgroup, the consumers have 1 or 2; a late
      producer has what the producer has.
    - (P37) beside a late producer nobody gathers rows.
    - (P5) registers are a multiple of 8 in 24 ... 240.
  }];
  let arguments = (ins Pipe_RoleKindAttr:$kind, SignedInt:$warpgroups,
                       SignedInt:$registers);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = [{
    $kind `warpgroups` `=` $warpgroups `registers` `=` $registers $body attr-dict
  }];
  let hasVerifier = 1;
}

def Pipe_TilesOp : Pipe_Op<"tiles", [SingleBlockImplicitTerminator<"YieldOp">,
                                     AttrSizedOperandSegments]> {
  let summary = "Walk the tiles of a grouped GEMM that fall to this block";
  let description = [{
    The persistent tile loop. There are used_rows[0] / block_m row tiles and
    `column_tiles` column tiles; block b of g walks tiles b, b + g, …, or from
    the second on those it takes from `queue`. Tiles are ordered so that `group_m` row tiles pass before the column changes (L2 keeps their
    weights). Region arguments: the expert, the first row, the column tile, and
    how many rows from there on are no padding (they come first; perhaps more
    than block_m). Tiles of a negative expert or without rows are passed over.
    Every role that walks sees the same tiles in the same order.

    Rows that belong to nobody, `rows` of them, are walked the same way: the expert
    is 0 then, and the last of the row tiles may have fewer rows than others.

    The blocks of a `cluster` stay together: block r of it walks the r-th of as
    many neighbouring row tiles, which are of one expert and count as one row
    tile above. Or, `by_columns`, the r-th of as many neighbouring column tiles of
    the same rows.

    Of a pair of row tiles the second may be without rows. The first one is then
    walked by both blocks, two column tiles at a time, and the region's last
    argument, `shared`, is false: the blocks do not need the same tiles of B. They
    pass over a tile together, so a block may meet one that is not its own, with 0
    rows: the last of an odd number of column tiles.

    Blocks load at the same pace where memory binds, so those with a tile more
    than others would end alone, each with less than memory can give. `paced`, a
    block of n tiles, where others have n + 1, fills about n in n + 1 slots of the
    ring that takes boxes, and all end together.

    - (P6) stands in a role.
    - (P7) the region takes four index arguments, and where a cluster has two row
      tiles an i1, `shared`.
    - (P8) the rows of a cluster, block_m for each of its row tiles, divide
      row_alignment, and its column tiles divide column_tiles; column_tiles and
      group_m are at least 1, cluster is 1 or 2.
    - (P27) all walks of a kernel see the same tiles: they have the same
      attributes, the same queue and the same `rows`.
    - (P39) paced tiles come from no queue: who gets the last ones must be known.
    - (P43) there are either the three vectors of `experts` or a number of `rows`,
      and rows that belong to nobody are walked in no cluster.
  }];
  let arguments = (ins Optional<Pipe_TileQueue>:$queue,
                       Optional<MemRefRankOf<[I32], [1]>>:$expert_ids,
                       Optional<MemRefRankOf<[I32], [1]>>:$used_rows,
                       Optional<MemRefRankOf<[I32], [1]>>:$block_rows,
                       Optional<Index>:$rows,
                       SignedInt:$block_m, SignedInt:$row_alignment,
                       SignedInt:$column_tiles, SignedInt:$group_m,
                       DefaultValuedAttr<SignedInt, "1">:$cluster,
                       UnitAttr:$by_columns, UnitAttr:$paced);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = [{
    (`from` $queue^)?
    (`experts` `(` $expert_ids^ `,` $used_rows `,` $block_rows `)`)?
    (`rows` `(` $rows^ `)`)? `block_m` `=` $block_m
    `row_alignment` `=` $row_alignment `column_tiles` `=` $column_tiles
    `group_m` `=` $group_m (`cluster` `=` $cluster^)? (`by_columns` $by_columns^)?
    (`paced` $paced^)? $body attr-dict
    (`:` type($expert_ids)^ `,` type($used_rows) `,` type($block_rows))?
  }];
  let extraClassDeclaration = [{
    /// Row tiles and column tiles that the blocks of a cluster walk at a time.
    int64_t getClusterRowTiles() { return getByColumns() ? 1 : getCluster(); }
    int64_t getClusterColumnTiles() { return getByColumns() ? getCluster() : 1; }
  }];
  let hasVerifier = 1;
}

def Pipe_HoldsRowsOp : Pipe_Op<"holds_rows", [Pure]> {
  let summary = "True if one of the first rows of the tile falls to this "
                "warpgroup";
  let description = [{
    All threads of a warpgroup see the same answer: it may start wgmma in a
    branch on it.

    - (P6) stands in the consumers.
  }];
  let arguments = (ins Index:$rows);
  let results = (outs I1:$holds);
  let assemblyFormat = "$rows attr-dict";
  let hasVerifier = 1;
}

def Pipe_FillOp : Pipe_Op<"fill", [SingleBlockImplicitTerminator<"YieldOp">]> {
  let summary = "Wait for an empty slot, load its tiles, signal it full";
  let description = [{
    Full is signalled when all bytes have arrived; the loads in the region are
    asynchronous. The number of arrivals follows from them: one thread announces
    the bytes of the boxes, and each producer thread arrives for its rows if
    there is a load_rows, else one if there is a load_block_scales.

    - (P6) stands in the producer or the late producer.
    - (P9) the region's arguments are the ring's tiles.
    - (P10) each tile is loaded exactly once, or beside a late producer by exactly
      one of the two.
  }];
  let arguments = (ins Pipe_Ring:$ring);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$ring $body attr-dict `:` type($ring)";
  let extraClassDeclaration = [{
    /// True if rows are gathered into the slot, not only boxes loaded.
    bool hasRowLoads();
    /// Threads that copy, and arrive for what they copied.
    int64_t getCopyingThreads();
    /// Bytes that TMA brings into one slot.
    int64_t getBoxBytes();
  }];
  let hasVerifier = 1;
}

def Pipe_DrainOp : Pipe_Op<"drain", [SingleBlock]> {
  let summary = "Wait for full slots, use their tiles, hand them back empty";
  let description = [{
    Of several `slots`, one behind the other, the tiles are there together: what
    has to wait for each other within a slot need not do so across slots.

    - (P6) stands in the consumers.
    - (P9) the region's arguments are the ring's tiles, for each slot.
    - (P11) the yielded values have the types of the results, and none of them
      is a tile or pending: the slots are handed back here.
    - (P38) slots are 1 to as many as the ring has.
  }];
  let arguments = (ins Pipe_Ring:$ring,
                       DefaultValuedAttr<SignedInt, "1">:$slots);
  let results = (outs Variadic<AnyType>:$results);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = [{
    $ring (`slots` `=` $slots^)? $body attr-dict
    `:` type($ring) (`->` type($results)^)?
  }];
  let hasVerifier = 1;
}

#endif // PIPE_OPS_TD
