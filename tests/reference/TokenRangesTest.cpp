#include "runtime/bench/TokenRanges.h"
#include "runtime/bench/InputError.h"
#include "runtime/bench/RunFacts.h"

#include <catch2/catch.hpp>

using namespace moert::bench;
using Tokens = std::vector<std::int64_t>;

TEST_CASE("numbers of tokens are single ones and ranges", "[tokens]") {
  CHECK(parseTokens("16") == Tokens{16});
  CHECK(parseTokens("16,1,7") == Tokens{16, 1, 7});
  CHECK(parseTokens("1..4") == Tokens{1, 2, 3, 4});
  CHECK(parseTokens("5..5") == Tokens{5});
  CHECK(parseTokens("72..96:8") == Tokens{72, 80, 88, 96});
  CHECK(parseTokens("1..10:4") == Tokens{1, 5, 9}); // 13 is beyond
  CHECK(parseTokens("1..3,8..16:8,2147483648") ==
        Tokens{1, 2, 3, 8, 16, 2147483648});
  CHECK(parseTokens("1..64,72..256:8,288..1024:32").size() == 64 + 24 + 24);
}

TEST_CASE("ranges may touch and overlap: every T comes once", "[tokens]") {
  CHECK(parseTokens("1..4,4..6,2") == Tokens{1, 2, 3, 4, 5, 6});
}

TEST_CASE("bad numbers of tokens are refused with what was wanted",
          "[tokens]") {
  const std::string form = "--tokens: expected N, A..B or A..B:STEP, got ",
                    size = "--tokens: expected numbers of tokens from 1 to "
                           "2147483648, got ";
  auto [text, message] = GENERATE_COPY(table<std::string, std::string>({
      {"", form + "''"},
      {"1,", form + "''"},
      {"x", form + "'x'"},
      {"1...4", form + "'1...4'"},
      {"1..", form + "'1..'"},
      {"..4", form + "'..4'"},
      {"1-4", form + "'1-4'"},
      {"8:2", form + "'8:2'"},
      {"1..4:", form + "'1..4:'"},
      {"1..4 ", form + "'1..4 '"},
      {"2,0", size + "'0'"},
      {"0..4", size + "'0..4'"},
      {"-1", size + "'-1'"},
      {"2147483649", size + "'2147483649'"},
      {"9..1", "--tokens: expected a range whose end is not below its start, "
               "got '9..1'"},
      {"1..9:0", "--tokens: expected a step of at least 1, got '1..9:0'"},
      {"1..200000", "--tokens: expected at most 100000 numbers of tokens, got "
                    "'1..200000'"},
  }));
  CHECK_THROWS_WITH(parseTokens(text), message);
}

TEST_CASE("a driver's number is found in what its module says", "[tokens]") {
  CHECK(driverVersion("NVRM version: NVIDIA UNIX Open Kernel Module for x86_64 "
                      " 580.159.03  Release Build  (someone)\nGCC version: gcc "
                      "12.2.0\n") == "580.159.03");
  CHECK(driverVersion("") == "");
  CHECK(driverVersion("no number 12 here\n1.2") == "");
}
