// DeepSeek-V3 and R1 on 8 ranks, expert parallel: every rank holds 32 whole
// experts of 256; ids of other ranks arrive as -1.
moe.layer @deepseek_v3_ep8 {
  experts = 32, top_k = 8, hidden = 7168, intermediate = 2048,
  activations = f8E4M3FN per 1x128, weights = f8E4M3FN per 128x128, output = bf16, activation = silu,
  global_experts = 256, routed_scaling_factor = 2.5
}
