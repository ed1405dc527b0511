// Qwen3-235B-A22B on 8 ranks, tensor parallel (1/8 of 1536): an odd rank, whose
// 192 columns start in the middle of a scale block.
moe.layer @qwen3_235b_a22b_tp8_odd {
  experts = 128, top_k = 8, hidden = 4096, intermediate = 192,
  activations = f8E4M3FN per 1x128, weights = f8E4M3FN per 128x128, output = bf16, activation = silu,
  scale_offset = 64
}
