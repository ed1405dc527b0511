//===- Report.cpp - the files that --plot and --report ask for ------------===//
#include "runtime/bench/report/Report.h"

#include "runtime/bench/Files.h"
#include "runtime/bench/InputError.h"
#include "runtime/bench/report/Data.h"
#include "runtime/bench/report/Page.h"

namespace moert::bench {

void writeReport(const std::filesystem::path &directory, const Model &model) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error)
    throw InputError(directory.string() +
                     ": cannot be made: " + error.message());
  const OrderedJson json = reportJson(model);
  writeWhole(directory / "report.json", json.dump(2) + "\n");
  writeWhole(directory / "report.csv", reportCsv(json));
  writeWhole(directory / "report.html", pageText(model)); // last: it names them
}

void writePlot(const std::filesystem::path &file, const Model &model) {
  writeWhole(file, plotText(model));
}

} // namespace moert::bench
