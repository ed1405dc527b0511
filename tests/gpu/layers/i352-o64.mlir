// I = 352 as ranks of GLM-4.5-Air have it, starting 64 columns into a scale
// block.
moe.layer @i352_o64 {
  experts = 8, top_k = 2, hidden = 512, intermediate = 352,
  activations = f8E4M3FN per 1x128, weights = f8E4M3FN per 128x128, output = bf16, activation = silu,
  scale_offset = 64
}
