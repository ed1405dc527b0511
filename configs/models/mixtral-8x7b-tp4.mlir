// Mixtral-8x7B on 4 ranks, tensor parallel (1/4 of 14336).
moe.layer @mixtral_8x7b_tp4 {
  experts = 8, top_k = 2, hidden = 4096, intermediate = 3584,
  activations = f8E4M3FN per 1x128, weights = f8E4M3FN per 128x128, output = bf16, activation = silu
}
