// The same, I starting in the middle of a scale block.
moe.layer @tiny_odd {
  experts = 5, top_k = 2, hidden = 384, intermediate = 192,
  activations = f8E4M3FN per 1x128, weights = f8E4M3FN per 128x128, output = bf16, activation = silu,
  scale_offset = 64
}
