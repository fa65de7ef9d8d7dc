// What a line costs grows with its length and no faster, whatever it is made of.
#include <gtest/gtest.h>

#include <algorithm>
#include <ctime>
#include <string>
#include <string_view>

#include "readers/log/log_reader.h"

namespace lossd::readers {
namespace {

constexpr std::size_t kShort = 8 * 1024, kLong = 8 * kShort;

std::string Filled(std::string_view piece, std::size_t size) {
  std::string line;
  while (line.size() < size) line += piece;
  return line;
}

/// The least processor time that a reader needed, in seconds.
double Cost(const std::string& line) {
  double best = 1e9;
  for (int round = 0; round < 5; ++round) {
    LogReader reader;
    const std::clock_t begin = std::clock();
    reader.Read(line);
    best = std::min(best, static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC);
  }
  return best;
}

TEST(LineCost, GrowsWithTheLine) {
  for (const std::string_view piece : {R"({"loss":)",
                                       R"({"a":{"loss":1},)",
                                       "[",
                                       "(",
                                       "{",
                                       "\"",
                                       "'",
                                       "| ",
                                       "loss ",
                                       "loss=",
                                       "loss: 1 ",
                                       "1 ",
                                       "1,",
                                       "1/",
                                       "a.b.",
                                       "\\",
                                       "tensor(",
                                       "%|",
                                       "step 1 loss ",
                                       "\x1b[31m",
                                       "\r",
                                       "loss (",
                                       "{'loss': ",
                                       "\xff",
                                       "::",
                                       "=>",
                                       "- ",
                                       "train_"}) {
    const double of_short = Cost(Filled(piece, kShort)), of_long = Cost(Filled(piece, kLong));
    // Eight times as long; the square of it would be 64 times. What is too short to be measured counts as 0.2 ms.
    EXPECT_LT(of_long, 24 * std::max(of_short, 2e-4)) << piece;
  }
}

}  // namespace
}  // namespace lossd::readers
