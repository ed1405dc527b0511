//===- ConfiguredKernels.cpp - the kernels of one configuration -----------===//
#include "runtime/bench/ConfiguredKernels.h"

#include "runtime/bench/InputError.h"
#include "runtime/config/ConfigName.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <functional>
#include <optional>
#include <set>

namespace moert::bench {

using config::TunedSchedule;

namespace {

/// As its file is named, so that only the layer is held against it.
std::string deviceOf(const config::ConfigRequest &request) {
  for (const auto &given : {request.up, request.down})
    if (given && given->named)
      return config::parseFileName(given->file.filename()).device;
  return "any";
}

void refuseForeign(const config::FoundConfig &found, KernelRole role) {
  if (found.config && found.config->foreign)
    throw InputError(fmt::format(
        "{}: expected a configuration of ours for {}, got another tuner's: "
        "moe-codegen says what becomes of it",
        found.path.string(), roleName(role)));
}

/// Packages that are older than the key of kernels have it in their plans.
std::int64_t alignmentOf(const Manifest &manifest, const KernelRecord &kernel) {
  if (kernel.rowAlignment)
    return kernel.rowAlignment;
  for (const Plan &plan : manifest.plans)
    if (plan.up == kernel.name || plan.down == kernel.name)
      return plan.rowAlignment;
  return 0;
}

/// One of the kernels that a configuration needs.
struct Need {
  KernelRole role;
  std::string text; ///< As an error calls it.
  std::function<bool(const KernelRecord &)> holds;
};

class Selection {
public:
  Selection(const Manifest &manifest, const config::LayerConfigs &configs,
            std::int64_t tokens)
      : manifest(manifest), configs(configs), tokens(tokens) {
    needs = {need(KernelRole::up, std::nullopt),
             need(KernelRole::down, /*copied=*/false),
             need(KernelRole::down, /*copied=*/true)};
  }

  /// By needs: the names of what holds at that padding, or at any.
  std::vector<std::vector<std::string>>
  holding(std::optional<std::int64_t> alignment) const {
    std::vector<std::vector<std::string>> names(needs.size());
    for (std::size_t i = 0; i < needs.size(); ++i)
      for (const KernelRecord &kernel : manifest.kernels)
        if (kernel.role == needs[i].role && needs[i].holds(kernel) &&
            (!alignment || alignmentOf(manifest, kernel) == *alignment))
          names[i].push_back(kernel.name);
    return names;
  }

  std::vector<Need> needs;

private:
  Need need(KernelRole role, std::optional<bool> copied) const {
    const auto &found = role == KernelRole::up ? configs.up : configs.down;
    const std::optional<TunedSchedule> wanted = found.at(tokens);
    std::string text = roleName(role);
    if (copied)
      text += *copied ? " with copied rows" : " with rows by TMA";
    if (wanted) {
      // Registers were asked of the way that the configuration takes itself.
      const bool own = !copied || *copied == !wanted->useTma.value_or(true);
      return {role, text, [wanted, own, copied](const KernelRecord &kernel) {
                return isAskedFor(*wanted, kernel, own) &&
                       (!copied || kernel.schedule.copiedRows == *copied);
              }};
    }
    const Plan &plan = manifest.plan(tokens);
    ScheduleRecord planned =
        manifest.kernel(role == KernelRole::up ? plan.up : plan.down).schedule;
    return {role, text, [planned, copied](const KernelRecord &kernel) mutable {
              planned.copiedRows = copied.value_or(false);
              // Registers follow who loads the rows.
              planned.producerRegisters = kernel.schedule.producerRegisters;
              planned.consumerRegisters = kernel.schedule.consumerRegisters;
              return kernel.schedule == planned;
            }};
  }

  const Manifest &manifest;
  const config::LayerConfigs &configs;
  std::int64_t tokens;
};

/// In single quotes, as a shell takes it.
std::string quoted(const std::string &text) {
  std::string result = "'";
  for (char c : text)
    result += c == '\'' ? "'\\''" : std::string(1, c);
  return result + "'";
}

std::string command(const std::vector<std::string> &values,
                    const std::string &directory) {
  std::string line = "moe-codegen X.mlir";
  for (const std::string &value : values)
    line += " --config " + quoted(value);
  return line + " --both-loads -o " + quoted(directory + "-config");
}

} // namespace

config::LayerConfigs readConfigs(const std::vector<std::string> &values,
                                 const LayerDescription &layer) {
  config::ConfigRequest request = config::parseConfigRequest(values);
  if (!request.lookUp || !request.directory.empty())
    throw InputError(fmt::format(
        "--config: expected a file or an object in braces, got {}",
        request.lookUp ? request.directory.string() : config::kNoConfig));
  request.lookUp = false; // what is not given is the package's
  config::LayerConfigs found = config::findConfigs(
      {layer.totalExperts(), layer.intermediate, deviceOf(request)}, request,
      nullptr);
  refuseForeign(found.up, KernelRole::up);
  refuseForeign(found.down, KernelRole::down);
  return found;
}

bool isAskedFor(const TunedSchedule &wanted, const KernelRecord &kernel,
                bool withRegisters) {
  const ScheduleRecord &has = kernel.schedule;
  const auto is = [](const std::optional<std::int64_t> &asked,
                     std::int64_t value) { return !asked || *asked == value; };
  const bool registers = is(wanted.producerRegisters, has.producerRegisters) &&
                         is(wanted.consumerRegisters, has.consumerRegisters);
  return wanted.blockM == has.blockM && wanted.blockN == has.blockN &&
         wanted.swapped == has.swapped && is(wanted.groupM, has.groupM) &&
         is(wanted.stages, has.stages) && is(wanted.consumers, has.consumers) &&
         is(wanted.cluster, kernel.cluster) && (registers || !withRegisters);
}

ConfiguredKernels selectKernels(const Manifest &manifest,
                                const config::LayerConfigs &configs,
                                std::int64_t tokens,
                                const std::vector<std::string> &values,
                                const std::string &directory) {
  const Selection selection(manifest, configs, tokens);
  std::set<std::int64_t> alignments;
  for (const KernelRecord &kernel : manifest.kernels)
    alignments.insert(alignmentOf(manifest, kernel));
  alignments.erase(0);
  for (std::int64_t alignment : alignments) {
    const auto names = selection.holding(alignment);
    if (names[0].empty() || names[1].empty() || names[2].empty())
      continue;
    for (std::size_t i = 0; i < names.size(); ++i)
      if (names[i].size() > 1)
        throw InputError(fmt::format(
            "{}: expected one {} of the configuration for {} tokens, got {}: "
            "give more of its keys",
            directory, selection.needs[i].text, tokens,
            fmt::join(names[i], ", ")));
    return {alignment, names[0][0], names[1][0], names[2][0]};
  }
  std::string missing;
  const auto names = selection.holding(std::nullopt);
  for (std::size_t i = 0; i < names.size(); ++i)
    if (names[i].empty())
      missing += (missing.empty() ? "no " : ", no ") + selection.needs[i].text;
  throw InputError(fmt::format(
      "{}: expected the kernels of the configuration for {} tokens, got {}; "
      "they are written by: {} (X.mlir is the description of '{}')",
      directory, tokens, missing.empty() ? "none that pad alike" : missing,
      command(values, directory), manifest.layer.name));
}

Manifest manifestWith(const Manifest &package, const ConfiguredKernels &kernels,
                      bool copiedRows, const config::LayerConfigs &configs) {
  const std::string &down = copiedRows ? kernels.copiedDown : kernels.down;
  Manifest manifest;
  manifest.target = package.target;
  manifest.layer = package.layer;
  LayerConfiguration who = config::recordOf(configs);
  if (!configs.up.config)
    who.up = package.configuration.value_or(LayerConfiguration()).up;
  if (!configs.down.config)
    who.down = package.configuration.value_or(LayerConfiguration()).down;
  manifest.configuration = who;
  manifest.plans = {{0, kernels.rowAlignment, kernels.up, down}};
  manifest.kernels = {package.kernel(kernels.up), package.kernel(down)};
  return manifest;
}

} // namespace moert::bench
