//===- PipeTypes.td - what threads hold --------------------*- tablegen -*-===//
#ifndef PIPE_TYPES_TD
#define PIPE_TYPES_TD

include "dialect/SignedInt.td"
include "dialect/pipe/PipeDialect.td"
include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"

class Pipe_Enum<string name, string summary, list<I32EnumAttrCase> cases>
    : I32EnumAttr<name, summary, cases> {
  let genSpecializedAttr = 0;
  let cppNamespace = "::mlir::pipe";
}

def Pipe_RoleKind : Pipe_Enum<"RoleKind", "what a warpgroup does", [
  I32EnumAttrCase<"Producer", 0, "producer">,
  I32EnumAttrCase<"LateProducer", 1, "late_producer">,
  I32EnumAttrCase<"Consumer", 2, "consumer">]>;
def Pipe_RoleKindAttr : EnumAttr<Pipe_Dialect, Pipe_RoleKind, "role_kind">;

def Pipe_RowUse : Pipe_Enum<"RowUse", "which thread knows which row", [
  I32EnumAttrCase<"Gather", 0, "gather">,
  I32EnumAttrCase<"Store", 1, "store">]>;

class Pipe_Type<string name, string typeMnemonic> : TypeDef<Pipe_Dialect, name> {
  let mnemonic = typeMnemonic;
}

class Pipe_Matrix<string name, string typeMnemonic> : Pipe_Type<name, typeMnemonic> {
  let parameters = (ins "int64_t":$rows, "int64_t":$columns,
                        "::mlir::Type":$elementType);
  let assemblyFormat = "`<` custom<Matrix>($rows, $columns, $elementType) `>`";
  let genVerifyDecl = 1;
}

def Pipe_Tile : Pipe_Matrix<"Tile", "tile"> {
  let summary = "A tile in shared memory";
  let description = [{
    `!pipe.tile<128x128xf8E4M3FN>`: rows by columns. Rows of 128 bytes lie in
    the 128-byte swizzle that TMA writes and wgmma reads (16-byte chunk c of row
    r at chunk c xor (r mod 8)); other tiles lie row behind row.
  }];
  let extraClassDeclaration = [{
    int64_t getRowBytes() const {
      return getColumns() * getElementType().getIntOrFloatBitWidth() / 8;
    }
    int64_t getBytes() const { return getRows() * getRowBytes(); }
    /// From one slot of a ring to the next: TMA writes to multiples of 128.
    int64_t getSlotBytes() const { return (getBytes() + 127) / 128 * 128; }
    bool isSwizzled() const { return getRowBytes() == 128; }
  }];
}

class Pipe_Fragment<string name, string typeMnemonic>
    : Pipe_Type<name, typeMnemonic> {
  let parameters = (ins "int64_t":$rows, "int64_t":$columns,
                        "::mlir::Type":$elementType,
                        DefaultValuedParameter<"bool", "false">:$turned);
  let assemblyFormat = [{
    `<` custom<Matrix>($rows, $columns, $elementType)
        `` custom<Turned>($turned) `>`
  }];
  let genVerifyDecl = 1;
}

def Pipe_Pending : Pipe_Fragment<"Pending", "pending"> {
  let summary = "The result of a wgmma in flight, not to be read";
}

def Pipe_Acc : Pipe_Fragment<"Acc", "acc"> {
  let summary = "A matrix in the registers of a consumer warpgroup";
  let description = [{
    `!pipe.acc<64x128xf32>`: 64 rows, spread over 128 threads as wgmma leaves them
    (PTX ISA, "Register Fragments for wgmma.mma_async.m64nNk32"): a thread has, for
    each 8 columns, two of row 16 * warp + lane / 4 and two of the row 8 below.

    `!pipe.acc<16x64xf32, turned>`: wgmma computed the transpose, so its 64 rows
    are the columns of this matrix: those from 64 * w on of the whole, where w
    numbers the consumer warpgroups. A thread has, for each 8 rows, two of column
    16 * warp + lane / 4 and two of the column 8 further on.
  }];
}

def Pipe_RowScales : Pipe_Type<"RowScales", "row_scales"> {
  let summary = "One f32 for each row, as an accumulator's threads hold rows";
  let description = [{
    `!pipe.row_scales`: of a slab of 64 rows, two a thread. `!pipe.row_scales<16,
    turned>`: of a turned accumulator of 16 rows, two for each 8 rows.
  }];
  let parameters = (ins DefaultValuedParameter<"int64_t", "0">:$turnedRows);
  let assemblyFormat = "(`<` $turnedRows^ `,` `turned` `>`)?";
  let extraClassDeclaration = [{
    /// The scales of the rows of `acc`.
    static RowScalesType of(AccType acc) {
      return get(acc.getContext(), acc.getTurned() ? acc.getRows() : 0);
    }
  }];
}

def Pipe_RowSlots : Pipe_Type<"RowSlots", "row_slots"> {
  let summary = "Which slots of its token each row takes part in";
  let description = [{
    A number a row, as an accumulator's threads hold rows (two a thread): bit s is
    set if slot s has an expert here.
  }];
}

def Pipe_RowExchange : Pipe_Type<"RowExchange", "row_exchange"> {
  let summary = "Where warps that hold columns of the same rows tell each other "
                "their largest element of each row";
  let description = [{
    `!pipe.row_exchange<16 rows, 8 warps>`: the warps are those of all consumers
    of the block, or of the blocks of its cluster.
  }];
  let parameters = (ins "int64_t":$rows, "int64_t":$warps);
  let assemblyFormat = "`<` $rows `rows` `,` $warps `warps` `>`";
  let extraClassDeclaration = [{
    /// Of one turn: two turns in flight keep a fast warp out of a slow one's way.
    static constexpr int64_t kTurns = 2;
    int64_t getTurnBytes() const { return getRows() * getWarps() * 4; }
    /// Maxima of all turns, then a barrier for each.
    int64_t getBytes() const { return kTurns * (getTurnBytes() + 8); }
  }];
}

def Pipe_Ledger : Pipe_Type<"Ledger", "ledger"> {
  let summary = "Where consumers tell the producer what they have stored";
}

def Pipe_Rows : Pipe_Type<"Rows", "rows"> {
  let summary = "Row numbers, spread over the threads that use them";
  let description = [{
    `!pipe.rows<128, gather>`: each producer thread knows the rows that it
    copies for `pipe.load_rows`. `!pipe.rows<64, store>`: each consumer thread
    knows the row that it sends off for `pipe.store_rows`; where there are fewer
    rows (8 … 64 of a turned accumulator) the first warps do. Padding rows are
    negative.
  }];
  let parameters = (ins "int64_t":$rows, EnumParameter<Pipe_RowUse>:$use);
  let assemblyFormat = "`<` $rows `,` $use `>`";
}

def Pipe_Outbox : Pipe_Type<"Outbox", "outbox"> {
  let summary = "Where consumers leave rows for warps that send them";
  let description = [{
    `!pipe.outbox<2 senders, 64 rows>`: each sender takes that many rows at a
    time, from one consumer warpgroup or, alone, from all of them.
  }];
  let parameters = (ins "int64_t":$senders, "int64_t":$rows);
  let assemblyFormat = "`<` $senders `senders` `,` $rows `rows` `>`";
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    /// What a sender is told: where its rows begin and how many bytes each has,
    /// then where each goes.
    static constexpr int64_t kHeaderBytes = 16;
    int64_t getSlipBytes() const { return kHeaderBytes + 8 * getRows(); }
    /// The slips of all senders, then two barriers for each.
    int64_t getBytes() const { return getSenders() * (getSlipBytes() + 2 * 8); }
  }];
}

def Pipe_TileQueue : Pipe_Type<"TileQueue", "tile_queue"> {
  let summary = "Where the threads of a block learn which tile is next";
}

def Pipe_TensorMap : Pipe_Type<"TensorMap", "tensor_map"> {
  let summary = "A tensor in global memory that TMA reads by boxes";
  let description = [{
    `!pipe.tensor_map<8x?x512xf8E4M3FN, box = 1x128x128>`: a packed row-major
    tensor and the box of one load. Boxes with rows of 128 bytes, other than of
    f32, are written in the 128-byte swizzle. Elements out of bounds read as zero, negative
    coordinates included.
  }];
  let parameters = (ins ArrayRefParameter<"int64_t">:$shape,
                        "::mlir::Type":$elementType,
                        ArrayRefParameter<"int64_t">:$box);
  let assemblyFormat = [{
    `<` custom<ShapedElement>($shape, $elementType) `,`
        `box` `=` custom<Dims>($box) `>`
  }];
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    bool isSwizzled() const {
      int64_t bits = getElementType().getIntOrFloatBitWidth();
      return !getElementType().isF32() && getBox().back() * bits == 128 * 8;
    }
  }];
}

def Pipe_Ring : Pipe_Type<"Ring", "ring"> {
  let summary = "A ring of slots in shared memory, each holding the same tiles";
  let parameters = (ins "int64_t":$stages,
                        ArrayRefParameter<"::mlir::Type">:$tiles);
  let assemblyFormat = "`<` $stages `,` $tiles `>`";
  let genVerifyDecl = 1;
}

#endif // PIPE_TYPES_TD
