// GLM-4.5-Air on 4 ranks, tensor parallel (1/4 of 1408): rank 0, whose 352
// columns start on a scale block.
moe.layer @glm_4_5_air_tp4 {
  experts = 128, top_k = 8, hidden = 4096, intermediate = 352,
  activations = f8E4M3FN per 1x128, weights = f8E4M3FN per 128x128, output = bf16, activation = silu
}
