// DeepSeek-V3 and R1 on 8 ranks, tensor parallel: every rank holds all experts
// and 1/8 of the intermediate size (2048). The shared expert is fused as the
// last slot (weight 1 / 2.5, as the factor multiplies the whole sum).
moe.layer @deepseek_v3_tp8 {
  experts = 256, top_k = 8, hidden = 7168, intermediate = 256,
  activations = f8E4M3FN per 1x128, weights = f8E4M3FN per 128x128, output = bf16, activation = silu,
  shared_experts = 1, routed_scaling_factor = 2.5
}
