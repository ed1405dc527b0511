//===- GemmKernel.cpp - one generated kernel: load and launch -------------===//
#include "runtime/GemmKernel.h"

#include "moert/Error.h"
#include "runtime/Routing.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <iterator>

namespace moert {

namespace {

constexpr std::size_t kMaxParams = 64; // the reader's limit

/// Room for one parameter; the driver wants tensor maps 64-byte aligned.
struct alignas(64) ParamStorage {
  std::byte bytes[sizeof(CUtensorMap)];
};

template <typename T> void store(ParamStorage &storage, const T &value) {
  static_assert(sizeof(T) <= sizeof(storage.bytes));
  std::memcpy(storage.bytes, &value, sizeof(T));
}

struct ParamWriter {
  ParamStorage &storage;
  const TensorPointers &tensors;
  const CallSizes &sizes;

  void operator()(const TensorMapParam &param) const {
    store(storage, encodeTensorMap(param, tensors[param.tensor], sizes));
  }
  void operator()(const PointerParam &param) const {
    store(storage, tensors[param.tensor]);
  }
  void operator()(const ScalarParam &param) const {
    store(storage, static_cast<std::int32_t>(sizes.of({param.value, 0})));
  }
};

/// What the driver says of a cubin that was not built for its GPU.
bool isWrongImage(CUresult status) {
  return status == CUDA_ERROR_NO_BINARY_FOR_GPU ||
         status == CUDA_ERROR_INVALID_IMAGE ||
         status == CUDA_ERROR_INVALID_SOURCE ||
         status == CUDA_ERROR_UNSUPPORTED_PTX_VERSION;
}

CUlaunchConfig launchConfig(const KernelRecord &record, std::int64_t blocks) {
  CUlaunchConfig config{};
  config.gridDimX = static_cast<unsigned>(blocks);
  config.gridDimY = config.gridDimZ = 1;
  config.blockDimX = static_cast<unsigned>(record.threads);
  config.blockDimY = config.blockDimZ = 1;
  config.sharedMemBytes = static_cast<unsigned>(record.sharedMemory);
  return config;
}

/// Rows that are walked: the sort pads its own, of tokens the last few are a
/// tile, too.
std::int64_t walkedRows(const KernelRecord &record, const CallSizes &sizes) {
  return record.role == KernelRole::combine
             ? roundUp(sizes.tokens, record.schedule.blockM)
             : sizes.rows;
}

} // namespace

std::int64_t gridBlocks(const KernelRecord &record, std::int64_t rows,
                        std::int64_t resident) {
  std::int64_t tiles = rows / record.schedule.blockM * record.columnTiles;
  return std::min(resident / record.cluster, ceilDiv(tiles, record.cluster)) *
         record.cluster;
}

static void refuseCubin(const std::string &origin, const std::string &want,
                        const std::string &got) {
  throw Error(ErrorCode::badCubin,
              fmt::format("{}: expected {}, got {}", origin, want, got));
}

void checkCubin(const std::string &cubin, const KernelRecord &record,
                const std::string &origin) {
  if (cubin.size() != static_cast<std::size_t>(record.cubinBytes))
    refuseCubin(origin, fmt::format("{} bytes", record.cubinBytes),
                fmt::format("{}", cubin.size()));
  std::string sum = checksum(cubin.data(), cubin.size());
  if (sum != record.cubinChecksum)
    refuseCubin(origin, "checksum " + record.cubinChecksum, sum);
}

std::string readCubin(const std::filesystem::path &directory,
                      const KernelRecord &record) {
  std::filesystem::path path = directory / record.cubin;
  std::ifstream file(path, std::ios::binary);
  std::string cubin((std::istreambuf_iterator<char>(file)),
                    std::istreambuf_iterator<char>());
  if (!file)
    refuseCubin(path.string(), fmt::format("the cubin of '{}'", record.symbol),
                "no readable file");
  checkCubin(cubin, record, path.string());
  return cubin;
}

GemmKernel::GemmKernel(const Context &context, const KernelRecord &record,
                       const std::string &cubin, const std::string &origin)
    : context(context), record(record) {
  const Driver &driver = Driver::get();
  CUresult status =
      driver.cuModuleLoadDataEx(&module, cubin.data(), 0, nullptr, nullptr);
  if (isWrongImage(status))
    throw Error(ErrorCode::badCubin,
                fmt::format("{}: expected a cubin for this GPU and driver, got "
                            "{} from cuModuleLoadDataEx",
                            origin, driver.describe(status)));
  driver.check(status, "cuModuleLoadDataEx", origin);
  try {
    findFunction(origin);
    resident = countResidentBlocks(origin);
  } catch (...) {
    driver.cuModuleUnload(module);
    throw;
  }
}

void GemmKernel::findFunction(const std::string &origin) {
  const Driver &driver = Driver::get();
  CUresult status =
      driver.cuModuleGetFunction(&function, module, record.symbol.c_str());
  if (status == CUDA_ERROR_NOT_FOUND)
    throw Error(ErrorCode::badCubin,
                fmt::format("{}: expected the entry point '{}', got a cubin "
                            "without it",
                            origin, record.symbol));
  driver.check(status, "cuModuleGetFunction", origin);
  // This also loads the code, which would otherwise wait for the launch.
  driver.check(driver.cuFuncSetAttribute(
                   function, CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES,
                   static_cast<int>(record.sharedMemory)),
               "cuFuncSetAttribute", origin);
}

std::int64_t GemmKernel::countResidentBlocks(const std::string &origin) const {
  const Driver &driver = Driver::get();
  std::int64_t blocks = 0;
  int count = 0;
  if (record.cluster > 1) {
    // The kernel declares its cluster, so the configuration need not.
    const CUlaunchConfig config = launchConfig(record, record.cluster);
    driver.check(driver.cuOccupancyMaxActiveClusters(&count, function, &config),
                 "cuOccupancyMaxActiveClusters", origin);
    blocks = count * record.cluster;
  } else {
    driver.check(driver.cuOccupancyMaxActiveBlocksPerMultiprocessor(
                     &count, function, static_cast<int>(record.threads),
                     static_cast<std::size_t>(record.sharedMemory)),
                 "cuOccupancyMaxActiveBlocksPerMultiprocessor", origin);
    blocks = std::int64_t(count) *
             context.attribute(CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT);
  }
  if (blocks == 0)
    throw Error(ErrorCode::badCubin,
                fmt::format("{}: expected a kernel that fits this GPU, got "
                            "clusters of {} blocks with {} threads, {} bytes "
                            "of shared memory and {} registers a thread",
                            origin, record.cluster, record.threads,
                            record.sharedMemory, record.registers));
  return blocks;
}

GemmKernel::~GemmKernel() {
  try {
    ScopedContext scope(context);
    Driver::get().cuModuleUnload(module);
  } catch (const Error &) {
    // The program is ending; the driver is gone, and the module with it.
  }
}

void GemmKernel::launch(const TensorPointers &tensors, const CallSizes &sizes,
                        Start start, CUstream stream) const {
  ParamStorage storage[kMaxParams];
  void *params[kMaxParams];
  for (std::size_t i = 0; i < record.params.size(); ++i) {
    std::visit(ParamWriter{storage[i], tensors, sizes}, record.params[i]);
    params[i] = storage[i].bytes;
  }

  CUlaunchAttribute early{};
  early.id = CU_LAUNCH_ATTRIBUTE_PROGRAMMATIC_STREAM_SERIALIZATION;
  early.value.programmaticStreamSerializationAllowed = 1;
  CUlaunchConfig config = launchConfig(
      record, gridBlocks(record, walkedRows(record, sizes), resident));
  config.hStream = stream;
  config.attrs = &early;
  config.numAttrs = start == Start::early && record.programmatic ? 1 : 0;
  const Driver &driver = Driver::get();
  driver.check(driver.cuLaunchKernelEx(&config, function, params, nullptr),
               "cuLaunchKernelEx", record.symbol);
}

} // namespace moert
