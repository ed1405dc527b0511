// Slots are added to the output as they are done, in any order.
moe.layer @atomic {
  experts = 5, top_k = 2, hidden = 384, intermediate = 192,
  activations = f8E4M3FN per 1x128, weights = f8E4M3FN per 128x128, output = bf16, activation = silu,
  shared_experts = 1, routed_scaling_factor = 2.5, reduction = atomic
}
