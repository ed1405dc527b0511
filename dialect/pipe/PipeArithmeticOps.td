//===- PipeArithmeticOps.td - what consumers compute -------*- tablegen -*-===//
#ifndef PIPE_ARITHMETIC_OPS_TD
#define PIPE_ARITHMETIC_OPS_TD

include "dialect/pipe/PipeTypes.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

/// (P29), by which the parser infers the type of the scales too.
class Pipe_RowScalesOf<string acc, string scales>
    : TypesMatchWith<"(P29) a scale for each row, held as the accumulator's",
                     acc, scales,
                     "RowScalesType::of(::llvm::cast<AccType>($_self))">;

def Pipe_ZerosOp : Pipe_Op<"zeros", [Pure]> {
  let summary = "An accumulator of zeros";
  let results = (outs Pipe_Acc:$acc);
  let assemblyFormat = "attr-dict `:` type($acc)";
}

def Pipe_MmaOp : Pipe_Op<"mma"> {
  let summary = "Start a slab of A times a tile of B, transposed";
  let description = [{
    part[m, n] = sum_k a[m, k] * b[n, k] over the tile's 128 columns, four wgmma
    steps of 32 from zero. `reuse` names a value whose registers the result
    takes: without it ptxas keeps two temporaries alive and spills.

    A turned result is of all rows of A and of this warpgroup's 64 of B: wgmma
    multiplies B by A, transposed.

    - (P6) stands in the consumers.
    - (P17) a and b are f8E4M3FN of 128 columns; b has 8 … 128 rows in multiples
      of 8, or for a turned result 64 for each warpgroup while a has 8 … 64.
    - (P18) the result is 64 x the rows of b, or the first half of them if that is
      a multiple of 8; or turned the rows of a x 64; f32. So is `reuse`.
    - (P19) the result has one use, a mma_wait.
    - (P22) slab is one of the warpgroup's.
  }];
  let arguments = (ins Pipe_Tile:$a, Pipe_Tile:$b,
                       DefaultValuedAttr<SignedInt, "0">:$slab,
                       Optional<Pipe_Acc>:$reuse);
  let results = (outs Pipe_Pending:$pending);
  let assemblyFormat = [{
    $a `,` $b (`slab` `=` $slab^)? (`reuse` $reuse^ `:` type($reuse))? attr-dict
    `:` type($a) `,` type($b) `->` type($pending)
  }];
  let hasVerifier = 1;
}

def Pipe_MmaWaitOp : Pipe_Op<"mma_wait"> {
  let summary = "Wait for all wgmma in flight; the results can be read";
  let description = [{
    All wgmma in flight are named: what is not could not be read afterwards.

    - (P18) the results are as many as the pending values, and of their shapes.
  }];
  let arguments = (ins Variadic<Pipe_Pending>:$pending);
  let results = (outs Variadic<Pipe_Acc>:$accs);
  let assemblyFormat = [{
    $pending attr-dict `:` type($pending) `->` type($accs)
  }];
  let hasVerifier = 1;
}

def Pipe_ScaleAddOp : Pipe_Op<"scale_add",
    [Pure, AllTypesMatch<["acc", "part", "result"]>,
     Pipe_RowScalesOf<"acc", "row_scales">]> {
  let summary = "Promote a K block: result = fma(part, row_scale * scale, acc)";
  let arguments = (ins Pipe_Acc:$acc, Pipe_Acc:$part, Pipe_RowScales:$row_scales,
                       F32:$scale);
  let results = (outs Pipe_Acc:$result);
  let assemblyFormat = [{
    $acc `,` $part `by` $row_scales `,` $scale attr-dict `:` type($acc)
  }];
}

def Pipe_ScaleRowsOp : Pipe_Op<"scale_rows",
    [Pure, AllTypesMatch<["acc", "result"]>,
     Pipe_RowScalesOf<"acc", "row_scales">]> {
  let summary = "Multiply each row by its scale";
  let arguments = (ins Pipe_Acc:$acc, Pipe_RowScales:$row_scales);
  let results = (outs Pipe_Acc:$result);
  let assemblyFormat = "$acc `by` $row_scales attr-dict `:` type($acc)";
}

def Pipe_AddTilesOp : Pipe_Op<"add_tiles",
    [AllTypesMatch<["acc", "result"]>]> {
  let summary = "Add a slot's rows to the sums of their tokens, in f32";
  let description = [{
    result[m, n] = acc[m, n] + tiles[m, n] for each row m that takes part in `slot`;
    tiles lie side by side, and hold the rows of all consumer warpgroups.

    - (P6) stands in the consumers.
    - (P46) tiles are swizzled, of bf16, with 64 rows for each consumer warpgroup
      and as many columns together as the accumulator, which is not turned.
  }];
  let arguments = (ins Pipe_Acc:$acc, Variadic<Pipe_Tile>:$tiles,
                       Pipe_RowSlots:$bits, Index:$slot);
  let results = (outs Pipe_Acc:$result);
  let assemblyFormat = [{
    $acc `,` `(` $tiles `)` `if` $bits `at` $slot attr-dict
    `:` type($acc) `,` type($tiles)
  }];
  let hasVerifier = 1;
}

def Pipe_AddRoundedOp : Pipe_Op<"add_rounded", [Pure,
    AllTypesMatch<["acc", "part", "result"]>]> {
  let summary = "Add a slot's rows, rounded to bf16, in f32";
  let description = [{
    What `pipe.store_rows` of bf16 and then `pipe.add_tiles` would give.
  }];
  let arguments = (ins Pipe_Acc:$acc, Pipe_Acc:$part, Pipe_RowSlots:$bits,
                       Index:$slot);
  let results = (outs Pipe_Acc:$result);
  let assemblyFormat = [{
    $acc `,` $part `if` $bits `at` $slot attr-dict `:` type($acc)
  }];
}

def Pipe_ScaleOp : Pipe_Op<"scale", [Pure, AllTypesMatch<["acc", "result"]>]> {
  let summary = "Multiply all elements by a number, in f32";
  let arguments = (ins Pipe_Acc:$acc, F32Attr:$factor);
  let results = (outs Pipe_Acc:$result);
  let assemblyFormat = "$acc `by` $factor attr-dict `:` type($acc)";
}

def Pipe_SwigluOp : Pipe_Op<"swiglu", [Pure,
    AllTypesMatch<["gate", "up", "result"]>]> {
  let summary = "silu(gate) * up";
  let description = [{
    With the approximate instructions ex2 and rcp, in f32 and in this order:

        e = ex2(-log2(e) * gate); result = (gate * rcp(1 + e)) * up
  }];
  let arguments = (ins Pipe_Acc:$gate, Pipe_Acc:$up);
  let results = (outs Pipe_Acc:$result);
  let assemblyFormat = "$gate `,` $up attr-dict `:` type($result)";
}

def Pipe_KeepColumnsOp : Pipe_Op<"keep_columns", [Pure,
    AllTypesMatch<["acc", "result"]>]> {
  let summary = "Zeros where a column is not one of `first` ... `last` - 1";
  let description = [{
    `column` is the number of the accumulator's first column; it, `first` and
    `last` are multiples of 16.
  }];
  let arguments = (ins Pipe_Acc:$acc, Index:$column, Index:$first, Index:$last);
  let results = (outs Pipe_Acc:$result);
  let assemblyFormat = [{
    $acc `[` $column `]` `columns` $first `to` $last attr-dict `:` type($acc)
  }];
}

def Pipe_QuantiseRowsOp : Pipe_Op<"quantise_rows",
    [AllTypesMatch<["acc", "result"]>, Pipe_RowScalesOf<"acc", "scales">]> {
  let summary = "Choose each row's scale for e4m3 and divide by it";
  let description = [{
    a = max(max|row|, 1e-10); scale = a / 448, with `pow2` the next power of
    two; the row is multiplied by 448 / a, or by 1 / scale. Rounding to e4m3 is
    left to the store. A NaN takes no part in the maximum.

    Turned, a row lies with several warps, and perhaps several blocks of a
    cluster: they learn the largest element from each other through `exchange`,
    and each of them has to come here.

    - (P6) stands in the consumers.
    - (P30) exchange is given exactly for a turned accumulator, has as many rows,
      and 4 warps for each consumer warpgroup of each block of the cluster.
  }];
  let arguments = (ins Pipe_Acc:$acc, Optional<Pipe_RowExchange>:$exchange,
                       UnitAttr:$pow2);
  let results = (outs Pipe_Acc:$result, Pipe_RowScales:$scales);
  let assemblyFormat = [{
    $acc (`via` $exchange^ `:` type($exchange))? (`pow2` $pow2^)? attr-dict
    `:` type($result) `,` type($scales)
  }];
  let hasVerifier = 1;
}

#endif // PIPE_ARITHMETIC_OPS_TD
