//===- FakeLayer.cpp - a layer, a source and a GPU that are made up -------===//
#include "tests/tuner/FakeLayer.h"

#include "compiler/schedule/OfLayer.h"

#include <catch2/catch.hpp>

#include <unistd.h>

namespace moert::tune {

using namespace mlir::moe;

LayerDescription exampleLayer() {
  LayerDescription layer;
  layer.name = "example";
  layer.experts = layer.globalExperts = 256;
  layer.sharedExperts = 1;
  layer.topK = 8;
  layer.hidden = 7168;
  layer.intermediate = 256;
  return layer;
}

LayerProblem exampleProblem() { return problemOf(exampleLayer()); }

const Kernel *FakeSource::get(const Variant &variant) {
  const std::string name = variant.name();
  asked.insert(name);
  if (missing.count(name) || unknown.count(name))
    return nullptr;
  Kernel &kernel = kernels[name];
  kernel.record.name = name;
  kernel.record.cubinChecksum = cubin;
  return &kernel;
}

FakeGpu::FakeGpu()
    : us([](const Variant &variant, std::int64_t tokens) {
        const LayerProblem problem = exampleProblem();
        return predict(RowCounts(problem.routing, tokens),
                       variant.gemm == Gemm::up ? problem.up : problem.down,
                       variant.schedule, variant.rowAlignment)
            .total;
      }) {}

double FakeGpu::microseconds(const Pair &pair, Region region,
                             std::int64_t tokens, Effort effort) {
  spent += 0.01;
  REQUIRE(pair.up.rowAlignment == pair.down.rowAlignment);
  if (region == Region::layer) {
    REQUIRE(canPair(pair.up, pair.down)); // what a package can have
    ++layers;
    return us(pair.up, tokens) + us(pair.down, tokens) + between(pair);
  }
  const Variant &timed = region == Region::up ? pair.up : pair.down;
  ++(effort.batches == 1 ? quick : full)[timed.name()];
  return us(timed, tokens);
}

std::optional<std::string> FakeGpu::fault(const Pair &pair, Gemm gemm) {
  const std::string name = pair.of(gemm).name();
  ++checked[name];
  if (wrong.count(name))
    return "1 element differs";
  return std::nullopt;
}

int FakeGpu::calls() const {
  int sum = layers;
  for (const auto *counts : {&quick, &full})
    for (const auto &[name, count] : *counts)
      sum += count;
  return sum;
}

Folder::Folder()
    : path([] {
        std::string name =
            (std::filesystem::temp_directory_path() / "moe-tune-XXXXXX")
                .string();
        REQUIRE(mkdtemp(name.data()) != nullptr);
        return name;
      }()) {}

Folder::~Folder() {
  std::error_code ignored; // a folder left behind fails no test
  std::filesystem::remove_all(path, ignored);
}

Bench::Bench(const std::filesystem::path &folder, const std::string &uuid)
    : journal(folder / "example.journal", {"example", "1", "uniform", 4, 1},
              {"NVIDIA H200", uuid}) {}

Pair untunedPair(std::int64_t tokens) {
  static const std::vector<SchedulePlan> plans = choosePlans(exampleProblem());
  const SchedulePlan &plan = planOf(plans, tokens);
  return {variantOf(plan, Gemm::up), variantOf(plan, Gemm::down)};
}

} // namespace moert::tune
