//===- MoeOps.td - the layer and its two products ----------*- tablegen -*-===//
#ifndef MOE_OPS_TD
#define MOE_OPS_TD

include "dialect/moe/MoeAttrs.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

class Moe_Op<string mnemonic, list<Trait> traits = []>
    : Op<Moe_Dialect, mnemonic, traits>;

def Moe_LayerOp : Moe_Op<"layer", [Symbol]> {
  let summary = "Describe a mixture-of-experts layer as one rank holds it";
  let description = [{
    For token t with the experts e_s and weights w_s of its slots s:

        out[t] = routed_scaling_factor * sum_s w_s * W2[e_s] * h_s
        h_s    = silu(W1[e_s] * x[t]) . (W3[e_s] * x[t])

    with x and h quantised as `activations` says and W as `weights` says.
    `experts` are the routed experts of this rank, `global_experts` those that
    routing draws from (ids of other ranks arrive as -1); shared experts are
    extra slots of every token, last, with the last ids. `intermediate` is this
    rank's share, and `scale_offset` (rank * intermediate mod 128) says where it
    starts in its first 128 block of scales. The keys after `activation` may be
    left out: shared_experts = 0, global_experts = experts, scale_offset = 0,
    activation_scale = f32, routed_scaling_factor = 1, reduction = ordered.

    With `reduction = ordered` the slots of a token are summed in f32, in their
    order: a token's result depends on nothing but the token. With `atomic` the
    down kernel adds each slot to the output in bf16 as it is done: faster where
    there are many tokens, but two runs differ in the last bits.

    - (L1) experts, top_k, hidden and intermediate are at least 1; shared_experts
      is not negative.
    - (L2) global_experts is at least experts, and at least top_k.
    - (L3) hidden is a multiple of 16: TMA wants row pitches of 16 bytes.
    - (L4) intermediate is a multiple of 16, for the same reason.
    - (L5) scale_offset is a multiple of 16 in 0 ... 127.
    - (L6) activations are f8E4M3FN per 1x128, weights f8E4M3FN per 128x128.
    - (L7) output is bf16.
    - (L8) routed_scaling_factor is finite and not zero.
    - (L9) the name is letters, digits and underscores, not a digit first: the
      kernels are named after it, and PTX takes no other names.

    Example:

    ```mlir
    moe.layer @deepseek_v3_tp8 {
      experts = 256, top_k = 8, hidden = 7168, intermediate = 256,
      activations = f8E4M3FN per 1x128, weights = f8E4M3FN per 128x128,
      output = bf16, activation = silu,
      shared_experts = 1, routed_scaling_factor = 2.5
    }
    ```
  }];

  let arguments = (ins
    SymbolNameAttr:$sym_name,
    SignedInt:$experts,
    SignedInt:$top_k,
    SignedInt:$hidden,
    SignedInt:$intermediate,
    Moe_NumberFormatAttr:$activations,
    Moe_NumberFormatAttr:$weights,
    TypeAttr:$output,
    Moe_ActivationAttr:$activation,
    DefaultValuedAttr<SignedInt, "0">:$shared_experts,
    OptionalAttr<SignedInt>:$global_experts,
    DefaultValuedAttr<SignedInt, "0">:$scale_offset,
    DefaultValuedAttr<Moe_ActivationScaleAttr, "ActivationScale::F32">
        :$activation_scale,
    DefaultValuedAttr<F64Attr, "1.0">:$routed_scaling_factor,
    DefaultValuedAttr<Moe_ReductionAttr, "Reduction::Ordered">:$reduction
  );

  let assemblyFormat = [{
    $sym_name ` ` `{`
      `experts` `=` $experts `,`
      `top_k` `=` $top_k `,`
      `hidden` `=` $hidden `,`
      `intermediate` `=` $intermediate `,`
      `activations` `=` $activations `,`
      `weights` `=` $weights `,`
      `output` `=` $output `,`
      `activation` `=` $activation
      custom<LayerOptions>($shared_experts, $global_experts, $scale_offset,
                           $activation_scale, $routed_scaling_factor,
                           $reduction)
    `}` attr-dict
  }];

  let extraClassDeclaration = [{
    /// Experts whose weights this rank holds, the shared ones last.
    int64_t getTotalExperts() { return getExperts() + getSharedExperts(); }
    /// Slots of a token, the shared ones last.
    int64_t getSlots() { return getTopK() + getSharedExperts(); }
    /// True if the layer may end in a kernel that multiplies the last shared
    /// expert's rows while it adds up the slots (epilogue `combined`).
    bool endsInCombine() {
      constexpr int64_t mostSlots = 31; // (G15)
      return getSharedExperts() > 0 && getSlots() <= mostSlots &&
             getReduction() == Reduction::Ordered;
    }
    int64_t getRoutedExperts() {
      return getGlobalExperts().value_or(getExperts());
    }
  }];
  let hasVerifier = 1;
}

def Moe_F8 : MemRefRankOf<[F8E4M3FN], [2]>;
def Moe_F32Matrix : MemRefRankOf<[F32], [2]>;
def Moe_I32Vector : MemRefRankOf<[I32], [1]>;

def Moe_GroupedGemmOp : Moe_Op<"grouped_gemm", [AttrSizedOperandSegments]> {
  let summary = "Multiply each expert's rows by that expert's weights";
  let description = [{
    With e the expert of the row tile that holds row r:

        c[r, n] = epilogue(sum_k a[r, k] * sa[r, k] * b[e, n, k] * sb[e, n, k])

    where sa is one scale for 128 columns of a row and sb one for a block of
    128 by 128. Rows are sorted by expert, each expert padded to
    `row_alignment`; `expert_ids` holds the expert of each `row_alignment` rows
    (negative: skip them), `block_rows` how many of these are no padding, and
    `used_rows` how many rows there are. `row_map` (`sorted_token_ids`) maps a
    sorted row to its (token, slot) pair, and is `pairs` or more for padding.
    Rows of padding may be left out or filled with anything.

    `tile_counter` holds two zeros before and after the call; with it each block
    takes the next tile when it is done with one. Without it, or in clusters,
    tiles are dealt out in turn.

    Two GEMMs of which the second reads, sorted, what the first stores, sorted, may
    overlap: the first counts in `progress` what it has stored, and the second
    waits for the rows of a tile, not for all of them. Zero before the first one,
    progress[1 + i] counts 16 columns of 16 rows each among the `row_alignment` rows
    from i * row_alignment on, where runs of 64 rows with one that is no padding
    count as stored whole; progress[0] is 2^30 when everything is stored. Where
    `progress` is null the second waits for the whole first one.

    Rows of A are read in order (`sorted`), or row r reads `row_map[r] / slots`
    (`gathered`). Rows of C are written in order (`sorted`), or row r goes to
    `row_map[r]` and padding nowhere (`scattered`). `cast` stores bf16;
    `weighted` multiplies by `row_weights[r]` first. `weighted_add` does so too,
    and adds to row `row_map[r] / slots`, in bf16 and in any order. `swiglu_quant`
    takes the columns of two parts, gate and up, and stores

        h = silu(gate) * up

    as f8E4M3FN, with a scale for each row and each 128 columns on the scale
    grid in `c_scales`, whose rows are `c_scale_pitch` elements apart: max|h| /
    448, or with `activation_scale = pow2` the next power of two.

    `combined` ends the layer: C has a row for each of `tokens` tokens, the sum over
    its slots in f32, in their order, times `factor`. Every token has the last
    expert in its last slot and nowhere else, and the rows of that expert, in the
    order of the tokens, are those from own_rows[0] on, below used_rows[0]. They are
    multiplied here: the last term is bf16(row_weights[r] * sum). The others
    are in `partials`, by token and slot, as `weighted` leaves them; slots whose id
    in `topk_ids` is not one of the experts' add nothing. Where own_rows[0] is
    not below used_rows[0] nothing is multiplied and all terms are in `partials`.

    N is `parts` tensors side by side (gate and up: 2), each with a scale grid
    of its own. Grids start inside a scale block: column n of a part has the
    scale row (n_offset + n) / 128 of that part, column k the scale column
    (k_offset + k) / 128.

    - (G1) a is M x K and b is E x N x K, with the same K; c has N columns, or
      N / 2 under `swiglu_quant`.
    - (G2) sorted A has scales K blocks x M, gathered A has M x K blocks, where
      K blocks = ceil((k_offset + K) / 128).
    - (G3) b_scales is E x parts * ceil((n_offset + N / parts) / 128) x K blocks.
    - (G4) row_map and pairs are given exactly when A is gathered or C is
      scattered.
    - (G5) row_weights is given exactly when the epilogue is `weighted`,
      `weighted_add` or `combined`; of the first two C is scattered.
    - (G6) parts is 1 or 2 and divides N; offsets are multiples of 16 in
      0 ... 127.
    - (G7) K and N / parts are multiples of 16.
    - (G8) row_alignment is given exactly when the schedule is, and the rows of
      a cluster divide it: they are sorted once for both products of a layer.
    - (G9) the schedule obeys the laws of #moe.schedule that depend on the GEMM.
    - (G10) slots is at least 1.
    - (G11) all operands are packed, and b and b_scales have static shapes.
    - (G12) c is f8E4M3FN and c_scales is given exactly when the epilogue is
      `swiglu_quant`; then parts is 2, C is sorted, and c_scales has a row for
      each 128 columns that a part touches. Only then is there an
      activation_scale.
    - (G13) tile_counter holds two numbers.
    - (G14) progress stands where A or C is sorted, not both.
    - (G15) partials, topk_ids, own_rows, tokens and a factor are given exactly when
      the epilogue is `combined`; then A and C are sorted, partials is
      tokens x slots x N, there are at most 31 slots, and parts is 1.

    Example, the up projection of a layer with 8 experts:

    ```mlir
    moe.grouped_gemm a(%x, %xs) gathered b(%w, %ws) c(%y) sorted
        c_scales(%ys, %pitch) experts(%e, %used, %real) rows(%map, %pairs)
        epilogue = swiglu_quant parts = 2 slots = 2
        : memref<?x512xf8E4M3FN>, memref<?x4xf32>,
          memref<8x384x512xf8E4M3FN>, memref<8x4x4xf32>,
          memref<?x192xf8E4M3FN>, memref<2x?xf32>, index,
          memref<?xi32>, memref<1xi32>, memref<?xi32>, memref<?xi32>, index
    ```
  }];

  let arguments = (ins
    Arg<Moe_F8, "activations, M x K", [MemRead]>:$a,
    Arg<Moe_F32Matrix, "scales of A", [MemRead]>:$a_scales,
    Arg<MemRefRankOf<[F8E4M3FN], [3]>, "weights, E x N x K", [MemRead]>:$b,
    Arg<MemRefRankOf<[F32], [3]>, "scales of B", [MemRead]>:$b_scales,
    Arg<MemRefRankOf<[BF16, F8E4M3FN], [2]>, "result, rows x N", [MemWrite]>
        :$c,
    Arg<Optional<Moe_F32Matrix>, "scales of C", [MemWrite]>:$c_scales,
    Optional<Index>:$c_scale_pitch,
    Arg<Moe_I32Vector, "expert of each row_alignment rows", [MemRead]>
        :$expert_ids,
    Arg<Moe_I32Vector, "how many rows are in use, 1 element", [MemRead]>
        :$used_rows,
    Arg<Moe_I32Vector, "rows without padding of each row_alignment rows",
        [MemRead]>:$block_rows,
    Arg<Optional<Moe_I32Vector>, "pair of each sorted row", [MemRead]>:$row_map,
    Optional<Index>:$pairs,
    Arg<Optional<MemRefRankOf<[F32], [1]>>, "weight of each sorted row", [MemRead]>
        :$row_weights,
    Arg<Optional<Moe_I32Vector>, "tiles handed out, and blocks done",
        [MemRead, MemWrite]>:$tile_counter,
    Arg<Optional<Moe_I32Vector>, "what is stored of the sorted rows",
        [MemRead, MemWrite]>:$progress,
    Arg<Optional<MemRefRankOf<[BF16], [3]>>, "rows of all slots, T x slots x N",
        [MemRead]>:$partials,
    Arg<Optional<Moe_I32Vector>, "expert of each slot, T * slots", [MemRead]>
        :$topk_ids,
    Arg<Optional<Moe_I32Vector>, "first row that is multiplied, 1 element",
        [MemRead]>:$own_rows,
    Optional<Index>:$tokens,
    Moe_AAccessAttr:$a_access,
    Moe_COrderAttr:$c_order,
    Moe_EpilogueAttr:$epilogue,
    DefaultValuedAttr<Moe_ActivationScaleAttr, "ActivationScale::F32">
        :$activation_scale,
    DefaultValuedAttr<SignedInt, "1">:$parts,
    DefaultValuedAttr<SignedInt, "0">:$n_offset,
    DefaultValuedAttr<SignedInt, "0">:$k_offset,
    SignedInt:$slots,
    OptionalAttr<F64Attr>:$factor,
    OptionalAttr<SignedInt>:$row_alignment,
    OptionalAttr<Moe_ScheduleAttr>:$schedule
  );

  let assemblyFormat = [{
    `a` `(` $a `,` $a_scales `)` $a_access `b` `(` $b `,` $b_scales `)`
    `c` `(` $c `)` $c_order
    (`c_scales` `(` $c_scales^ `,` $c_scale_pitch `)`)?
    `experts` `(` $expert_ids `,` $used_rows `,` $block_rows `)`
    (`rows` `(` $row_map^ `,` $pairs `)`)?
    (`weights` `(` $row_weights^ `)`)?
    (`counter` `(` $tile_counter^ `)`)?
    (`progress` `(` $progress^ `)`)?
    (`sums` `(` $partials^ `,` $topk_ids `,` $own_rows `,` $tokens `)`)?
    `epilogue` `=` $epilogue
    (`activation_scale` `=` $activation_scale^)?
    (`parts` `=` $parts^)?
    (`n_offset` `=` $n_offset^)?
    (`k_offset` `=` $k_offset^)?
    `slots` `=` $slots
    (`factor` `=` $factor^)?
    (`row_alignment` `=` $row_alignment^)?
    (`schedule` `=` $schedule^)?
    attr-dict `:` type(operands)
  }];

  let extraClassDeclaration = [{
    int64_t getN() { return getB().getType().getDimSize(1); }
    int64_t getK() { return getB().getType().getDimSize(2); }
    bool isGathered() { return getAAccess() == AAccess::Gathered; }
    bool isScattered() { return getCOrder() == COrder::Scattered; }
    bool isWeighted() {
      return getEpilogue() == Epilogue::Weighted || isAdded() || isCombined();
    }
    bool isAdded() { return getEpilogue() == Epilogue::WeightedAdd; }
    bool isCombined() { return getEpilogue() == Epilogue::Combined; }
    bool isQuantised() { return getEpilogue() == Epilogue::SwigluQuant; }
    /// What a schedule depends on.
    GemmShape getShape();
  }];
  let hasVerifier = 1;
}

#endif // MOE_OPS_TD
