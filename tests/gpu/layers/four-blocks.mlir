// H has four scale blocks, so scales of x come four at a time; I ends in half a
// block and starts inside one.
moe.layer @four_blocks {
  experts = 5, top_k = 2, hidden = 512, intermediate = 192,
  activations = f8E4M3FN per 1x128, weights = f8E4M3FN per 128x128, output = bf16, activation = silu,
  scale_offset = 64
}
