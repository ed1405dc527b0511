//===- MoeAttrs.td - the words of the moe dialect ----------*- tablegen -*-===//
#ifndef MOE_ATTRS_TD
#define MOE_ATTRS_TD

include "dialect/SignedInt.td"
include "dialect/moe/MoeDialect.td"
include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"

class Moe_Enum<string name, string summary, list<I32EnumAttrCase> cases>
    : I32EnumAttr<name, summary, cases> {
  let genSpecializedAttr = 0;
  let cppNamespace = "::mlir::moe";
}

def Moe_AAccess : Moe_Enum<"AAccess", "how rows of A are found", [
  I32EnumAttrCase<"Sorted", 0, "sorted">,
  I32EnumAttrCase<"Gathered", 1, "gathered">]>;
def Moe_AAccessAttr : EnumAttr<Moe_Dialect, Moe_AAccess, "a_access">;

def Moe_COrder : Moe_Enum<"COrder", "where rows of C go", [
  I32EnumAttrCase<"Sorted", 0, "sorted">,
  I32EnumAttrCase<"Scattered", 1, "scattered">]>;
def Moe_COrderAttr : EnumAttr<Moe_Dialect, Moe_COrder, "c_order">;

def Moe_Epilogue : Moe_Enum<"Epilogue", "what happens to C", [
  I32EnumAttrCase<"Cast", 0, "cast">,
  I32EnumAttrCase<"Weighted", 1, "weighted">,
  I32EnumAttrCase<"SwigluQuant", 2, "swiglu_quant">,
  I32EnumAttrCase<"WeightedAdd", 3, "weighted_add">,
  I32EnumAttrCase<"Combined", 4, "combined">]>;
def Moe_EpilogueAttr : EnumAttr<Moe_Dialect, Moe_Epilogue, "epilogue">;

def Moe_Activation : Moe_Enum<"Activation", "what joins gate and up", [
  I32EnumAttrCase<"Silu", 0, "silu">]>;
def Moe_ActivationAttr : EnumAttr<Moe_Dialect, Moe_Activation, "activation">;

def Moe_ActivationScale : Moe_Enum<"ActivationScale", "which scales activations get", [
  I32EnumAttrCase<"F32", 0, "f32">,
  I32EnumAttrCase<"Pow2", 1, "pow2">]>;
def Moe_ActivationScaleAttr
    : EnumAttr<Moe_Dialect, Moe_ActivationScale, "activation_scale">;

def Moe_Reduction : Moe_Enum<"Reduction", "how a token's slots are summed", [
  I32EnumAttrCase<"Ordered", 0, "ordered">,
  I32EnumAttrCase<"Atomic", 1, "atomic">]>;
def Moe_ReductionAttr : EnumAttr<Moe_Dialect, Moe_Reduction, "reduction">;

class Moe_Attr<string name, string attrMnemonic> : AttrDef<Moe_Dialect, name> {
  let mnemonic = attrMnemonic;
}

def Moe_NumberFormatAttr : Moe_Attr<"NumberFormat", "format"> {
  let summary = "A number format and the block that shares a scale";
  let description = [{
    `f8E4M3FN per 1x128`: elements are e4m3, and each 128 consecutive ones of a
    row share one f32 scale. `f8E4M3FN per 128x128`: each block of 128 rows by
    128 columns shares one.
  }];
  let parameters = (ins "::mlir::Type":$type, "int64_t":$rows,
                        "int64_t":$columns);
  let assemblyFormat = "$type `per` custom<Block>($rows, $columns)";
}

def Moe_ScheduleAttr : Moe_Attr<"Schedule", "schedule"> {
  let summary = "How a grouped GEMM is cut up";
  let description = [{
    Rows of the tile are split among the consumer warpgroups; `tile` is
    block_m x block_n x block_k, where block_n counts columns of B (gate and up
    together). With `cluster = 2` two blocks walk neighbouring row tiles of an
    expert together and share each tile of B.

    `swapped` is for few rows: the columns of B become the rows of wgmma, of
    which it wants 64, and the rows of A its columns, of which 8 are enough. The
    consumer warpgroups then split the columns, and with `cluster = 2` two blocks
    have half of the columns of each scale group of the result.

    `copied_rows` has the producer's threads copy the rows of a sorted A, as they
    always copy those of a gathered one, where TMA would load boxes of them; the
    scales of A stay boxes, as their rows are the blocks of K. The laws, checked by
    compiler/schedule:

    - (S1) block_m is 64, 128 or 256, swapped 8, 16, … 64; block_n is 64, 128 or
      256.
    - (S2) block_k is 128, one scale block.
    - (S3) 1 or 2 consumer warpgroups split the rows, swapped the columns, into
      slabs of 64.
    - (S4) (block_m / 64 / consumers) * block_n is at most 256 unless swapped:
      beside the accumulators there must be registers for one temporary.
    - (S5) at least 2 stages.
    - (S6) group_m is 1 to 1024.
    - (S7) register counts are multiples of 8 from 24 to 240.
    - (S8) over one thread of each warpgroup they add up to at most the entry
      count times the warpgroups.
    - (S9) the ring, the staging rows and the barriers fit shared memory.
    - (S10) gathering or copying 256 rows takes at least 64 producer registers.
    - (S11) `swiglu_quant` needs the gate and up columns of a whole scale group
      in one tile, swapped in those of a cluster: block_n is 256, or 128 where
      all columns of a part lie in one run of 64 on the scale grid.
    - (S12) a cluster has 1 or 2 blocks; swapped, 2 only under `swiglu_quant`.
    - (S13) under `swiglu_quant` a swapped tile has one slab of gate and one of
      up for each consumer warpgroup.
    - (S14) `copied_rows` stands only where A is sorted.
    - (S15) under `combined` tiles are 128x128 and upright, of two consumer
      warpgroups, with A loaded by TMA, and there is no cluster.

    (S9) to (S11) and (S13) to (S15) depend on the GEMM, and are checked by
    `moe.grouped_gemm`.

    Example:

    ```mlir
    #moe.schedule<tile = 128x256x128, stages = 4, consumers = 2, group_m = 16,
                  registers = 56 and 224>
    ```
  }];
  let parameters = (ins "int64_t":$blockM, "int64_t":$blockN, "int64_t":$blockK,
                        "int64_t":$stages, "int64_t":$consumers,
                        "int64_t":$groupM, "int64_t":$producerRegisters,
                        "int64_t":$consumerRegisters,
                        DefaultValuedParameter<"int64_t", "1">:$cluster,
                        DefaultValuedParameter<"bool", "false">:$swapped,
                        DefaultValuedParameter<"bool", "false">:$copiedRows);
  let assemblyFormat = [{
    `<` `tile` `=` custom<Tile>($blockM, $blockN, $blockK)
        `` custom<Swapped>($swapped) `` custom<CopiedRows>($copiedRows) `,` `stages` `=` $stages `,` `consumers` `=` $consumers `,`
        `group_m` `=` $groupM `,`
        `registers` `=` $producerRegisters `and` $consumerRegisters
        (`,` `cluster` `=` $cluster^)? `>`
  }];
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    static ScheduleAttr get(::mlir::MLIRContext *context,
                            const Schedule &schedule);
    /// The same numbers as a plain struct.
    Schedule getSchedule() const;
  }];
}

#endif // MOE_ATTRS_TD
