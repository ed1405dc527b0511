//===- Faults.cpp ---------------------------------------------------------===//

#include "tests/compiler/simulate/Faults.h"
#include "tests/compiler/simulate/ReadKernel.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;
using mlir::moe::sim::Finding;
using mlir::moe::sim::Jit;

static std::string replaceAll(StringRef text, StringRef from, StringRef to) {
  std::string result;
  for (size_t at; (at = text.find(from)) != StringRef::npos;
       text = text.substr(at + from.size()))
    result += (text.take_front(at) + to).str();
  return result + text.str();
}

/// One edit of one line of the kernel.
static std::string edited(StringRef line, StringRef edit) {
  if (edit.consume_front("drop "))
    return line.contains(edit) ? "" : line.str();
  edit.consume_front("put ");
  auto [from, to] = edit.split(" => ");
  return replaceAll(line, from, to);
}

std::string Fault::plant(StringRef text) const {
  std::string result = text.str();
  for (StringRef edit : split(edits, "; ")) {
    std::string next;
    for (StringRef line : split(result, '\n'))
      next += (line.starts_with("//") ? line.str() : edited(line, edit)) + "\n";
    if (next == result + "\n")
      return "";
    result = StringRef(next).drop_back().str();
  }
  return result;
}

std::string Fault::refute(const Finding &finding) const {
  if (!is_contained(split(laws, '|'), finding.law))
    return "expected " + laws;
  for (const std::string &piece : pieces)
    if (!StringRef(finding.text).contains(piece))
      return "expected '" + piece + "'";
  return "";
}

/// "at @store" as "at kernel.mlir:12".
static std::string resolve(StringRef piece, StringRef text, StringRef file) {
  auto [before, mark] = piece.split('@');
  if (mark.empty())
    return piece.str();
  unsigned number = 0;
  for (StringRef line : split(text, '\n')) {
    ++number;
    if (!line.starts_with("//") && line.ends_with(("// @" + mark).str()))
      return (before + file + ":" + Twine(number)).str();
  }
  return ("no line is marked @" + mark).str();
}

std::vector<Fault> readFaults(StringRef text, StringRef file) {
  std::vector<Fault> faults;
  for (StringRef line : split(text, '\n')) {
    if (line.consume_front("// fault ")) {
      auto [name, edits] = line.split(": ");
      faults.push_back({name.str(), edits.str(), "", {}});
    } else if (line.consume_front("//   says ") && !faults.empty()) {
      auto [laws, pieces] = line.split(": ");
      faults.back().laws = laws.str();
      for (StringRef piece : split(pieces, "; "))
        faults.back().pieces.push_back(resolve(piece, text, file));
    }
  }
  return faults;
}

/// What is wrong with how the simulator took a fault; empty if nothing.
static std::string
check(const Fault &fault, StringRef file, StringRef text, unsigned seeds,
      function_ref<std::optional<Finding>(const Jit &, unsigned)> run) {
  std::string planted = fault.plant(text);
  if (planted.empty())
    return "found nothing to change";
  auto code = compileKernel(file, planted);
  if (!code)
    return toString(code.takeError());
  std::string shown;
  for (unsigned seed = 0; seed < seeds; ++seed) {
    auto finding = run(**code, seed);
    if (!finding)
      return ("seed " + Twine(seed) + ": not found").str();
    std::string wrong = fault.refute(*finding);
    if (!wrong.empty())
      return ("seed " + Twine(seed) + ": " + wrong + ", got " + finding->str())
          .str();
    shown = finding->str();
  }
  outs() << "  " << StringRef(shown).split('\n').first << '\n';
  return "";
}

int runFaults(StringRef file, StringRef text, unsigned seeds,
              function_ref<std::optional<Finding>(const Jit &, unsigned)> run) {
  std::vector<Fault> list = readFaults(text, sys::path::filename(file));
  unsigned failures = 0;
  for (const Fault &fault : list) {
    std::string wrong = check(fault, file, text, seeds, run);
    failures += !wrong.empty();
    outs() << (wrong.empty() ? "found   " : "FAILED  ") << fault.name
           << (wrong.empty() ? "" : ": ") << wrong << '\n';
  }
  outs() << list.size() << " faults, " << failures << " failures\n";
  return failures || list.empty();
}
