//===- ConfigFuzz.cpp - any bytes as a configuration file -----------------===//
//
// Refused by Error, or it can be asked, written and read again as the same.
//
//===----------------------------------------------------------------------===//
#include "moert/Error.h"
#include "runtime/config/ConfigName.h"
#include "runtime/config/TunedConfig.h"
#include "tests/fuzz/Fuzz.h"

#include <string>

using namespace moert::config;

/// Forbids some tiles of every kind, and many stages.
static std::optional<std::string> someLaw(const TunedSchedule &schedule) {
  if (schedule.blockM == 16 || schedule.blockN == 64 ||
      schedule.stages.value_or(0) > 4)
    return "expects another schedule";
  return std::nullopt;
}

static void readName(const std::string &text) {
  try {
    FUZZ_EXPECT(fileNameOf(parseFileName(text)) == text);
  } catch (const moert::Error &) {
  }
}

static void readEntry(const std::string &text) {
  TunedSchedule schedule;
  try {
    schedule = readTunedEntry(text, "fuzz", someLaw);
  } catch (const moert::Error &) {
    return;
  }
  FUZZ_EXPECT(!someLaw(schedule));
  FUZZ_EXPECT(readTunedEntry(writeTunedEntry(schedule), "again", someLaw) ==
              schedule);
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data,
                                      std::size_t size) {
  const std::string text(reinterpret_cast<const char *>(data), size);
  readName(text);
  readEntry(text);
  TunedConfig config;
  try {
    config = readTunedConfig(text, "fuzz", someLaw);
  } catch (const moert::Error &) {
    return 0;
  }
  for (const auto &[tokens, schedule] : config.schedules)
    FUZZ_EXPECT(config.at(tokens) == schedule && !someLaw(schedule));
  const std::string written = writeTunedConfig(config.schedules);
  FUZZ_EXPECT(readTunedConfig(written, "again", someLaw).schedules ==
              config.schedules);
  return 0;
}
