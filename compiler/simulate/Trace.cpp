//===- Trace.cpp ----------------------------------------------------------===//

#include "compiler/simulate/Trace.h"

#include "llvm/Support/JSON.h"

#include <map>

using namespace mlir::moe::sim;

void Trace::write(llvm::raw_ostream &stream) const {
  std::map<std::pair<unsigned, std::string>, int64_t> lines;
  for (const Span &span : spans)
    lines.try_emplace({span.block, span.line}, 0);
  int64_t next = 0;
  for (auto &line : lines)
    line.second = next++;

  llvm::json::OStream json(stream);
  auto event = [&](const char *kind, unsigned block, int64_t line, auto rest) {
    json.object([&] {
      json.attribute("ph", kind);
      json.attribute("pid", int64_t(block));
      json.attribute("tid", line);
      rest();
    });
  };
  json.object([&] {
    json.attributeArray("traceEvents", [&] {
      for (const auto &[key, line] : lines)
        event("M", key.first, line, [&, &name = key.second] {
          json.attribute("name", "thread_name");
          json.attributeObject("args", [&] { json.attribute("name", name); });
        });
      for (const Span &span : spans)
        event("X", span.block, lines[{span.block, span.line}], [&] {
          json.attribute("name", span.name);
          json.attribute("ts", int64_t(span.begin));
          json.attribute("dur", int64_t(span.end - span.begin));
        });
    });
  });
  stream << '\n';
}
