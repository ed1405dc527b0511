// DeepSeek-V3 and R1 on 8 ranks, tensor parallel, without the shared expert:
// for hosts that compute it elsewhere.
moe.layer @deepseek_v3_tp8_routed {
  experts = 256, top_k = 8, hidden = 7168, intermediate = 256,
  activations = f8E4M3FN per 1x128, weights = f8E4M3FN per 128x128, output = bf16, activation = silu,
  routed_scaling_factor = 2.5
}
