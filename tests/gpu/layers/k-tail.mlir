// H is a multiple of 16 but not of 128: up's K and down's N end in a block of
// 80.
moe.layer @k_tail {
  experts = 5, top_k = 2, hidden = 464, intermediate = 192,
  activations = f8E4M3FN per 1x128, weights = f8E4M3FN per 128x128, output = bf16, activation = silu
}
