//===- Cubin.cpp ----------------------------------------------------------===//

#include "compiler/emit/Cubin.h"

#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/Program.h"
#include "llvm/Support/Regex.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;
using namespace mlir::moe;

static Error refusal(const Twine &text) {
  return createStringError(inconvertibleErrorCode(), text);
}

Expected<std::string> mlir::moe::findPtxas(StringRef asked) {
  if (!asked.empty()) {
    if (sys::fs::can_execute(asked))
      return asked.str();
    return refusal("'" + asked +
                   "' cannot be run; give ptxas with --ptxas=PATH");
  }
  std::string home =
      sys::Process::GetEnv("CUDA_HOME").value_or("/usr/local/cuda");
  if (auto path = sys::findProgramByName("ptxas"))
    return *path;
  if (auto path = sys::findProgramByName("ptxas", {home + "/bin"}))
    return *path;
  return refusal("ptxas is neither on the PATH nor in " + home +
                 "/bin; give it with --ptxas=PATH");
}

/// The first number that `pattern` captures in `text`; 0 if there is none.
static int64_t captured(StringRef text, StringRef pattern) {
  SmallVector<StringRef> groups;
  int64_t value = 0;
  if (Regex(pattern).match(text, &groups))
    groups[1].getAsInteger(10, value);
  return value;
}

/// Refuses what ptxas lets pass.
static Error checkRemarks(StringRef remarks, StringRef kernel,
                          int64_t spillBytes) {
  SmallVector<StringRef> groups;
  if (Regex("\\((C75[0-9]+)\\)[^\n]*").match(remarks, &groups))
    return refusal("kernel '" + kernel + "': ptxas remarked " + groups[0]);
  if (spillBytes)
    return refusal("kernel '" + kernel + "': ptxas spilled " +
                   Twine(spillBytes) +
                   " bytes; take a smaller tile or other register counts");
  return Error::success();
}

/// Reads a file that a tool wrote.
static Expected<std::string> readFile(StringRef path) {
  auto buffer = MemoryBuffer::getFile(path);
  if (!buffer)
    return refusal("cannot read '" + path +
                   "': " + buffer.getError().message());
  return (*buffer)->getBuffer().str();
}

/// Makes an empty temporary file that `remover` takes away again.
static Expected<std::string> temporary(StringRef suffix, FileRemover &remover) {
  SmallString<128> path;
  if (std::error_code error =
          sys::fs::createTemporaryFile("moe-codegen", suffix, path))
    return refusal("cannot make a temporary file: " + error.message());
  remover.setFile(path);
  return std::string(path);
}

Expected<Cubin> mlir::moe::assemble(StringRef ptxas, StringRef ptx,
                                    StringRef kernel) {
  FileRemover removers[3];
  std::string paths[3];
  StringRef suffixes[3] = {"ptx", "cubin", "log"};
  for (int i = 0; i < 3; ++i) {
    auto path = temporary(suffixes[i], removers[i]);
    if (!path)
      return path.takeError();
    paths[i] = *path;
  }
  const auto &[source, target, log] = paths;
  {
    std::error_code error;
    raw_fd_ostream stream(source, error);
    stream << ptx;
    stream.close();
    if (error || stream.has_error())
      return refusal("cannot write '" + source + "'");
  }

  StringRef arguments[] = {ptxas, "-v", "-arch=sm_90a", source, "-o", target};
  std::optional<StringRef> redirects[] = {std::nullopt, StringRef(log),
                                          StringRef(log)};
  std::string error;
  int code =
      sys::ExecuteAndWait(ptxas, arguments, std::nullopt, redirects,
                          /*SecondsToWait=*/0, /*MemoryLimit=*/0, &error);
  auto remarks = readFile(log);
  if (!remarks)
    return remarks.takeError();
  if (code)
    return refusal("kernel '" + kernel +
                   "': ptxas failed: " + (error.empty() ? *remarks : error));

  Cubin cubin;
  cubin.registers = captured(*remarks, "Used ([0-9]+) registers");
  cubin.spillBytes = captured(*remarks, "([0-9]+) bytes spill stores") +
                     captured(*remarks, "([0-9]+) bytes spill loads");
  if (Error refused = checkRemarks(*remarks, kernel, cubin.spillBytes))
    return refused;
  auto bytes = readFile(target);
  if (!bytes)
    return bytes.takeError();
  cubin.bytes = std::move(*bytes);
  return cubin;
}
