//===- Driver.cpp - libcuda, opened at first use --------------------------===//
#include "runtime/Driver.h"

#include "moert/Error.h"

#include <fmt/format.h>

#include <dlfcn.h>

namespace moert {

namespace {

constexpr const char *kLibrary = "libcuda.so.1";

ErrorCode codeOf(CUresult status) {
  switch (status) {
  case CUDA_ERROR_NO_DEVICE:
    return ErrorCode::noDevice;
  case CUDA_ERROR_STUB_LIBRARY:
  case CUDA_ERROR_SYSTEM_DRIVER_MISMATCH:
  case CUDA_ERROR_COMPAT_NOT_SUPPORTED_ON_DEVICE:
    return ErrorCode::noDriver;
  default:
    return ErrorCode::cuda;
  }
}

void *symbol(void *library, const char *name) {
  if (void *address = dlsym(library, name))
    return address;
  throw Error(ErrorCode::noDriver,
              fmt::format("{}: expected a driver of CUDA 12 or later, got one "
                          "without {}",
                          kLibrary, name));
}

} // namespace

Driver::Driver() {
  // Never closed: the host app may use the driver after us.
  void *library = dlopen(kLibrary, RTLD_NOW | RTLD_GLOBAL);
  if (!library)
    throw Error(ErrorCode::noDriver,
                fmt::format("{}: expected an NVIDIA driver, got none ({})",
                            kLibrary, dlerror()));
#define MOERT_TEXT(name) #name
#define MOERT_RESOLVE(name)                                                    \
  this->name = reinterpret_cast<decltype(this->name)>(                         \
      symbol(library, MOERT_TEXT(name)));
  MOERT_DRIVER_CALLS(MOERT_RESOLVE)
#undef MOERT_RESOLVE
#undef MOERT_TEXT
  check(cuInit(0), "cuInit");
}

const Driver &Driver::get() {
  static const Driver kDriver; // if it throws, the next call tries again
  return kDriver;
}

std::string Driver::describe(CUresult status) const {
  const char *name = nullptr, *text = nullptr;
  cuGetErrorName(status, &name);
  cuGetErrorString(status, &text);
  if (!name || !text)
    return fmt::format("status {}", static_cast<int>(status));
  return fmt::format("{} ({})", name, text);
}

void Driver::check(CUresult status, const char *call,
                   const std::string &about) const {
  if (status == CUDA_SUCCESS)
    return;
  throw Error(codeOf(status),
              fmt::format("{}{}{}: expected CUDA_SUCCESS, got {}", call,
                          about.empty() ? "" : " for ", about,
                          describe(status)));
}

Context::Context() {
  const Driver &driver = Driver::get();
  driver.check(driver.cuCtxGetCurrent(&context), "cuCtxGetCurrent");
  if (context) {
    driver.check(driver.cuCtxGetDevice(&device), "cuCtxGetDevice");
    return;
  }
  driver.check(driver.cuDeviceGet(&device, 0), "cuDeviceGet", "device 0");
  driver.check(driver.cuDevicePrimaryCtxRetain(&context, device),
               "cuDevicePrimaryCtxRetain", "device 0");
  retained = true;
}

Context::~Context() {
  // At the exit of a program the driver may be gone already: no status is
  // looked at.
  if (retained)
    Driver::get().cuDevicePrimaryCtxRelease(device);
}

int Context::attribute(CUdevice_attribute which) const {
  const Driver &driver = Driver::get();
  int value = 0;
  driver.check(driver.cuDeviceGetAttribute(&value, which, device),
               "cuDeviceGetAttribute");
  return value;
}

std::string Context::deviceName() const {
  const Driver &driver = Driver::get();
  char name[128] = "";
  driver.check(driver.cuDeviceGetName(name, sizeof name, device),
               "cuDeviceGetName");
  return fmt::format("device {} ({})", device, name);
}

ScopedContext::ScopedContext(const Context &context) {
  const Driver &driver = Driver::get();
  driver.check(driver.cuCtxPushCurrent(context.handle()), "cuCtxPushCurrent");
}

ScopedContext::~ScopedContext() {
  CUcontext popped;
  Driver::get().cuCtxPopCurrent(&popped);
}

} // namespace moert
