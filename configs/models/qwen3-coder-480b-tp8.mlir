// Qwen3-Coder-480B-A35B on 8 ranks, tensor parallel (1/8 of 2560): an even
// rank, whose 320 columns start on a scale block.
moe.layer @qwen3_coder_480b_tp8 {
  experts = 160, top_k = 8, hidden = 6144, intermediate = 320,
  activations = f8E4M3FN per 1x128, weights = f8E4M3FN per 128x128, output = bf16, activation = silu
}
