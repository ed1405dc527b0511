//===- TensorMap.cpp - TensorMapParam to CUtensorMap ----------------------===//
#include "runtime/TensorMap.h"

#include "runtime/Driver.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace moert {

namespace {

constexpr std::size_t kMaxRank = 5;

struct ElementLayout {
  CUtensorMapDataType type;
  std::uint64_t bytes;
};

ElementLayout layoutOf(ElementType element) {
  switch (element) {
  case ElementType::u8: // e4m3 too: TMA moves bytes and knows no fp8
    return {CU_TENSOR_MAP_DATA_TYPE_UINT8, 1};
  case ElementType::bf16:
    return {CU_TENSOR_MAP_DATA_TYPE_BFLOAT16, 2};
  case ElementType::f32:
    break;
  }
  return {CU_TENSOR_MAP_DATA_TYPE_FLOAT32, 4};
}

CUtensorMapSwizzle swizzleOf(std::int64_t bytes) {
  switch (bytes) {
  case 32:
    return CU_TENSOR_MAP_SWIZZLE_32B;
  case 64:
    return CU_TENSOR_MAP_SWIZZLE_64B;
  case 128:
    return CU_TENSOR_MAP_SWIZZLE_128B;
  default:
    return CU_TENSOR_MAP_SWIZZLE_NONE;
  }
}

} // namespace

std::int64_t CallSizes::of(const Extent &extent) const {
  switch (extent.symbol) {
  case Extent::Symbol::tokens:
    return tokens;
  case Extent::Symbol::rows:
    return rows;
  case Extent::Symbol::pairs:
    return pairs;
  case Extent::Symbol::constant:
    break;
  }
  return extent.value;
}

CUtensorMap encodeTensorMap(const TensorMapParam &param, const void *pointer,
                            const CallSizes &sizes) {
  const std::size_t rank = param.extents.size(); // 1 to 5: the reader saw to it
  const ElementLayout element = layoutOf(param.element);
  std::array<cuuint64_t, kMaxRank> extents{}, strides{};
  std::array<cuuint32_t, kMaxRank> box{}, steps{};
  cuuint64_t pitch = element.bytes;
  for (std::size_t i = 0; i < rank; ++i) {
    extents[i] = static_cast<cuuint64_t>(sizes.of(param.extents[i]));
    box[i] = static_cast<cuuint32_t>(param.box[i]);
    steps[i] = 1;
    pitch *= extents[i];
    strides[i] = pitch; // of dimension i + 1, in bytes
  }

  const Driver &driver = Driver::get();
  CUtensorMap map;
  CUresult status = driver.cuTensorMapEncodeTiled(
      &map, element.type, static_cast<cuuint32_t>(rank),
      const_cast<void *>(pointer), extents.data(), strides.data(), box.data(),
      steps.data(), CU_TENSOR_MAP_INTERLEAVE_NONE, swizzleOf(param.swizzle),
      CU_TENSOR_MAP_L2_PROMOTION_L2_128B, CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE);
  if (status != CUDA_SUCCESS)
    driver.check(
        status, "cuTensorMapEncodeTiled",
        fmt::format("{} at {} (innermost first: extents {}, box {}; {} bytes "
                    "an element, swizzle {})",
                    tensorName(param.tensor), pointer,
                    fmt::join(extents.begin(), extents.begin() + rank, " x "),
                    fmt::join(param.box, " x "), element.bytes, param.swizzle));
  return map;
}

} // namespace moert
