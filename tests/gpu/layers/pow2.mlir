// Activation scales that are powers of two, as DeepSeek-V3.1 has them.
moe.layer @pow2 {
  experts = 5, top_k = 2, hidden = 384, intermediate = 192,
  activations = f8E4M3FN per 1x128, weights = f8E4M3FN per 128x128, output = bf16, activation = silu,
  activation_scale = pow2
}
