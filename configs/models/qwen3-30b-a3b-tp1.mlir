// Qwen3-30B-A3B on one GPU.
moe.layer @qwen3_30b_a3b_tp1 {
  experts = 128, top_k = 8, hidden = 2048, intermediate = 768,
  activations = f8E4M3FN per 1x128, weights = f8E4M3FN per 128x128, output = bf16, activation = silu
}
