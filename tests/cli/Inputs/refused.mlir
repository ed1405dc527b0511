// Breaks (L3): hidden is no multiple of 16.
moe.layer @refused {
  experts = 5, top_k = 2, hidden = 380, intermediate = 192,
  activations = f8E4M3FN per 1x128, weights = f8E4M3FN per 128x128, output = bf16, activation = silu
}
