// Qwen3-Next-80B-A3B on 8 ranks, tensor parallel (1/8 of 512): an even rank,
// whose 64 columns start on a scale block.
moe.layer @qwen3_next_80b_tp8 {
  experts = 512, top_k = 10, hidden = 2048, intermediate = 64,
  activations = f8E4M3FN per 1x128, weights = f8E4M3FN per 128x128, output = bf16, activation = silu
}
