// Qwen3-235B-A22B on 8 ranks, tensor parallel (1/8 of 1536): an even rank,
// whose 192 columns start on a scale block.
moe.layer @qwen3_235b_a22b_tp8 {
  experts = 128, top_k = 8, hidden = 4096, intermediate = 192,
  activations = f8E4M3FN per 1x128, weights = f8E4M3FN per 128x128, output = bf16, activation = silu
}
