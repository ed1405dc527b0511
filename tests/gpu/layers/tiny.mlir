// H and I of whole scale blocks and a half one.
moe.layer @tiny {
  experts = 5, top_k = 2, hidden = 384, intermediate = 192,
  activations = f8E4M3FN per 1x128, weights = f8E4M3FN per 128x128, output = bf16, activation = silu
}
