// A rank with 4 of 16 experts: most ids arrive as -1.
moe.layer @ep {
  experts = 4, top_k = 2, hidden = 384, intermediate = 192,
  activations = f8E4M3FN per 1x128, weights = f8E4M3FN per 128x128, output = bf16, activation = silu,
  global_experts = 16
}
