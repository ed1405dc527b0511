// Kimi-K2 on 8 ranks, tensor parallel (1/8 of 2048).
moe.layer @kimi_k2_tp8 {
  experts = 384, top_k = 8, hidden = 7168, intermediate = 256,
  activations = f8E4M3FN per 1x128, weights = f8E4M3FN per 128x128, output = bf16, activation = silu,
  routed_scaling_factor = 2.827
}
