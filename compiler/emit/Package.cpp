//===- Package.cpp --------------------------------------------------------===//

#include "compiler/emit/Package.h"

#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/Path.h"

using namespace llvm;
using namespace mlir::moe;

/// Writes to what is no file, a pipe or /dev/null: it cannot be replaced.
static Error writeThrough(StringRef path, StringRef contents) {
  std::error_code error;
  raw_fd_ostream stream(path, error);
  if (!error) {
    stream << contents;
    stream.close();
    error = stream.error();
    stream.clear_error();
  }
  if (error)
    return createStringError("cannot write '" + path + "': " + error.message());
  return Error::success();
}

Error mlir::moe::writeFile(StringRef path, StringRef contents) {
  if (sys::fs::exists(path) && !sys::fs::is_regular_file(path))
    return writeThrough(path, contents);
  auto file = sys::fs::TempFile::create(path + ".%%%%%%%%",
                                        sys::fs::all_read | sys::fs::all_write);
  if (!file)
    return createStringError("cannot write '" + path +
                             "': " + toString(file.takeError()));
  raw_fd_ostream stream(file->FD, /*shouldClose=*/false);
  stream << contents;
  stream.flush();
  if (stream.has_error()) {
    std::string why = stream.error().message();
    stream.clear_error();
    consumeError(file->discard());
    return createStringError("cannot write '" + path + "': " + why);
  }
  return file->keep(path);
}

Error mlir::moe::writePackage(const CompiledLayer &layer, StringRef directory) {
  if (std::error_code error = sys::fs::create_directories(
          directory, /*IgnoreExisting=*/true, sys::fs::all_all))
    return createStringError("cannot make '" + directory +
                             "': " + error.message());
  auto write = [&](StringRef name, StringRef contents) {
    SmallString<128> path(directory);
    sys::path::append(path, name);
    return writeFile(path, contents);
  };
  moert::Manifest manifest;
  manifest.layer = layer.layer;
  manifest.configuration = layer.configuration;
  manifest.plans = layer.plans;
  for (const CompiledKernel &kernel : layer.kernels) {
    manifest.kernels.push_back(kernel.record);
    if (Error error = write(kernel.record.ptx, kernel.ptx))
      return error;
    if (Error error = write(kernel.record.cubin, kernel.cubin))
      return error;
  }
  return write("manifest.json", moert::writeManifest(manifest));
}

static std::string tileText(const moert::ScheduleRecord &schedule) {
  std::string text = std::to_string(schedule.blockM) + "x" +
                     std::to_string(schedule.blockN) + "x" +
                     std::to_string(schedule.blockK);
  if (schedule.swapped)
    text += " swapped";
  return schedule.copiedRows ? text + " copied rows" : text;
}

void mlir::moe::printTable(const CompiledLayer &layer, raw_ostream &stream) {
  size_t nameWidth = 8, tileWidth = 13;
  for (const CompiledKernel &kernel : layer.kernels) {
    nameWidth = std::max(nameWidth, kernel.record.name.size());
    tileWidth =
        std::max(tileWidth, tileText(kernel.record.schedule).size() + 2);
  }
  stream << left_justify("kernel", nameWidth)
         << right_justify("tile", tileWidth) << right_justify("stages", 8)
         << right_justify("threads", 9) << right_justify("shared memory", 15)
         << right_justify("registers", 11) << right_justify("spills", 8)
         << right_justify("cubin", 9) << '\n';
  for (const CompiledKernel &kernel : layer.kernels) {
    const moert::KernelRecord &r = kernel.record;
    stream << left_justify(r.name, nameWidth)
           << right_justify(tileText(r.schedule), tileWidth)
           << format_decimal(r.schedule.stages, 8)
           << format_decimal(r.threads, 9) << format_decimal(r.sharedMemory, 15)
           << format_decimal(r.registers, 11) << format_decimal(r.spillBytes, 8)
           << format_decimal(r.cubinBytes, 9) << '\n';
  }
}
