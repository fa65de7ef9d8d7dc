#include "text/line_framer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace lossd::text {
namespace {

using testing::ElementsAre;

/// Lines of `bytes` handed in pieces of `size`.
std::vector<std::string> Lines(std::string_view bytes, std::size_t size, std::size_t max_line = 100) {
  LineFramer framer(max_line);
  std::vector<std::string> lines;
  const auto add = [&](const LineFramer::Line& line) {
    lines.push_back(std::string(line.text) + (line.truncated ? "~" : "") + "@" + std::to_string(line.end));
  };
  for (std::size_t at = 0; at < bytes.size(); at += size) {
    framer.Push(bytes.substr(at, size));
    while (const auto line = framer.Next()) add(*line);
  }
  if (const auto line = framer.Finish()) add(*line);
  return lines;
}

TEST(LineFramer, CutsAtEveryTerminator) {
  EXPECT_THAT(Lines("a\nb\r\nc\rd\n", 100), ElementsAre("a@2", "b@5", "c@7", "d@9"));
}

TEST(LineFramer, KeepsEmptyLines) { EXPECT_THAT(Lines("\n\r\n\r\r\n", 100), ElementsAre("@1", "@3", "@4", "@6")); }

TEST(LineFramer, GivesAnUnterminatedLineOnlyAtTheEnd) {
  LineFramer framer;
  framer.Push("loss: 0.5");
  EXPECT_FALSE(framer.Next());
  EXPECT_EQ(framer.pending(), 9U);
  framer.Push("12\n");
  EXPECT_EQ(framer.Next()->text, "loss: 0.512");
  EXPECT_EQ(framer.pending(), 0U);
  EXPECT_FALSE(framer.Finish());
}

TEST(LineFramer, TakesReturnAndNewlineInTwoPiecesForOneTerminator) {
  LineFramer framer;
  framer.Push("a\r");
  EXPECT_FALSE(framer.Next());
  framer.Push("\nb\n");
  EXPECT_EQ(framer.Next()->text, "a");
  EXPECT_EQ(framer.Next()->text, "b");
  EXPECT_FALSE(framer.Next());
}

TEST(LineFramer, CutsLongLines) {
  EXPECT_THAT(Lines("123456789\nab\n", 100, 4), ElementsAre("1234~@10", "ab@13"));
  EXPECT_THAT(Lines("1234\nab\n", 100, 4), ElementsAre("1234@5", "ab@8"));
}

TEST(LineFramer, ResetForgetsWhatWasHeldBack) {
  LineFramer framer;
  framer.Push("half");
  EXPECT_FALSE(framer.Next());
  framer.Reset(1000);
  framer.Push("x\n");
  const auto line = framer.Next();
  EXPECT_EQ(line->text, "x");
  EXPECT_EQ(line->end, 1002U);
}

TEST(LineFramer, GivesTheSameLinesHoweverTheBytesAreSplit) {
  const std::string bytes = "iter 1: loss 2.5\r\nbar\rbar\r\r\n\n\nlong long long line\nx\r\r\rlast";
  for (const std::size_t max_line : {4U, 100U}) {
    const auto whole = Lines(bytes, bytes.size(), max_line);
    for (std::size_t size = 1; size < bytes.size(); ++size)
      EXPECT_EQ(Lines(bytes, size, max_line), whole) << "pieces of " << size;
  }
}

}  // namespace
}  // namespace lossd::text
