//===- Ceilings.h - what an H200 can do at most -----------------*- C++ -*-===//
#ifndef MOE_RUNTIME_BENCH_CEILINGS_H
#define MOE_RUNTIME_BENCH_CEILINGS_H

namespace moert::bench {

// Measured on one H200 (driver 580, CUDA 13.0); floors and the ceilings of the
// roofline are made of them.

/// TFLOP/s of a dense FP8 GEMM: 8192^3 with tensor-wise scales and accurate
/// accumulation in cuBLASLt took 1452.
inline constexpr double kPeakTflops = 1450;

/// TB/s of a device-to-device copy, bytes read and written.
inline constexpr double kPeakTbps = 4.25;

/// TB/s of bf16 rows that leave the SMs scattered; 2.6 to 2.9 were measured,
/// and a floor must not be above what a better order could reach.
inline constexpr double kScatteredTbps = 3.0;

} // namespace moert::bench

#endif // MOE_RUNTIME_BENCH_CEILINGS_H
