// I is half a scale block, at its start.
moe.layer @i64 {
  experts = 5, top_k = 2, hidden = 384, intermediate = 64,
  activations = f8E4M3FN per 1x128, weights = f8E4M3FN per 128x128, output = bf16, activation = silu
}
