//===- PackOptions.cpp ----------------------------------------------------===//

#include "compiler/tools/PackOptions.h"
#include "compiler/emit/Variants.h"
#include "compiler/schedule/OfLayer.h"

using namespace llvm;
using namespace mlir::moe;

cl::OptionCategory mlir::moe::packCategory("packs", "For moe-tune --pack");

static cl::opt<std::string> candidatesFor(
    "candidates", cl::ValueOptional, cl::value_desc("T,T,..."),
    cl::cat(packCategory),
    cl::desc("Add the kernels that moe-tune tries for these numbers of tokens "
             "(default: 1 to 16384)"));

bool mlir::moe::packIsAsked() { return candidatesFor.getNumOccurrences() > 0; }

Expected<std::vector<int64_t>> mlir::moe::tokensOfPack() {
  if (candidatesFor.empty())
    return packedTokens();
  std::vector<int64_t> tokens;
  SmallVector<StringRef> texts;
  StringRef(candidatesFor).split(texts, ',');
  for (StringRef text : texts) {
    int64_t count = 0;
    if (text.getAsInteger(10, count) || count < 1 || count > INT32_MAX)
      return createStringError("expects --candidates=T,T,... with numbers of "
                               "tokens from 1 on, got '" +
                               text + "'");
    tokens.push_back(count);
  }
  return tokens;
}

Error mlir::moe::addCandidates(CompiledLayer &layer, StringRef file,
                               const CompileOptions &options,
                               raw_ostream &stream) {
  auto tokens = tokensOfPack();
  if (!tokens)
    return tokens.takeError();
  auto source = readLayer(file);
  if (!source)
    return source.takeError();
  auto dropped = addVariants(
      layer, *source, Space(problemOf(layer.layer)).all(*tokens), options);
  if (!dropped)
    return dropped.takeError();
  for (const std::string &reason : *dropped)
    stream << "left out: " << reason << '\n';
  return Error::success();
}
