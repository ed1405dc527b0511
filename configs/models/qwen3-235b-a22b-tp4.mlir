// Qwen3-235B-A22B on 4 ranks, tensor parallel (1/4 of 1536).
moe.layer @qwen3_235b_a22b_tp4 {
  experts = 128, top_k = 8, hidden = 4096, intermediate = 384,
  activations = f8E4M3FN per 1x128, weights = f8E4M3FN per 128x128, output = bf16, activation = silu
}
