#include "logging/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <sstream>
#include <string>

namespace lossd::logging {
namespace {

using ::testing::MatchesRegex;

TEST(Log, WritesLogfmt) {
  std::ostringstream out;
  Log log(LogLevel::kInfo, LogFormat::kLogfmt, out);
  log.Warn("file is missing", {{"path", "/a b"}, {"tries", 3}, {"wait", 0.5}, {"job", "llama"}});
  EXPECT_THAT(out.str(),
              MatchesRegex("time=....-..-..T..:..:..\\....Z level=warn msg=\"file is missing\" path=\"/a b\" "
                           "tries=3 wait=0.5 job=llama\n"));
}

TEST(Log, WritesJson) {
  std::ostringstream out;
  Log log(LogLevel::kInfo, LogFormat::kJson, out);
  log.Info("a \"b\"", {{"path", "/a\nb"}, {"tries", -3}, {"loss", std::numeric_limits<double>::quiet_NaN()}});
  EXPECT_THAT(out.str(), MatchesRegex(".\"time\":\"....-..-..T..:..:..\\....Z\",\"level\":\"info\",\"msg\":\"a "
                                      "\\\\\"b\\\\\"\",\"path\":\"/a\\\\nb\",\"tries\":-3,\"loss\":\"nan\".\n"));
}

TEST(Log, LeavesOutWhatIsLessSevereThanItsLevel) {
  std::ostringstream out;
  Log log(LogLevel::kWarn, LogFormat::kLogfmt, out);
  log.Debug("a");
  log.Info("b");
  EXPECT_EQ(out.str(), "");
  log.Error("c");
  EXPECT_THAT(out.str(), MatchesRegex(".* level=error msg=\"c\"\n"));
}

TEST(Log, CutsAValueThatIsTooLong) {
  std::ostringstream out;
  Log log(LogLevel::kInfo, LogFormat::kLogfmt, out);
  log.Info("m", {{"v", std::string(Log::kMaxValue - 1, 'x') + "ö" + std::string(1000, 'y')}});
  EXPECT_THAT(out.str(), testing::EndsWith("x...\"\n"));
  EXPECT_LT(out.str().size(), Log::kMaxValue + 100);
}

class LogRate : public testing::Test {
 protected:
  static std::size_t Lines(const std::string& text) { return static_cast<std::size_t>(std::ranges::count(text, '\n')); }
  void Regimes(std::string_view job, int count) {
    for (int i = 0; i < count; ++i) log.Info("regime changed", {{"training_job", job}});
  }

  std::ostringstream out;
  std::chrono::steady_clock::time_point now{};
  RateLimitOptions limit{{3, std::chrono::seconds(5)}, {20, std::chrono::seconds(1)}};
  Log log{LogLevel::kInfo, LogFormat::kLogfmt, out, limit, [this] { return now; }};
};

TEST_F(LogRate, IsOfEachSubjectAndKind) {
  Regimes("a", 1000);
  EXPECT_EQ(Lines(out.str()), 3u);
  Regimes("b", 1);
  log.Info("job finished", {{"training_job", "a"}});
  EXPECT_EQ(Lines(out.str()), 5u);
}

TEST_F(LogRate, TellsHowManyWereLeftOut) {
  Regimes("a", 10);
  out.str("");
  now += std::chrono::seconds(5);
  Regimes("a", 1);
  EXPECT_THAT(out.str(), testing::HasSubstr("training_job=a left_out=7\n"));
  now += std::chrono::seconds(5);
  Regimes("a", 1);
  EXPECT_THAT(out.str(), testing::EndsWith("training_job=a\n"));
}

TEST_F(LogRate, TellsOfThoseOfWhomNothingMoreIsHeard) {
  Regimes("a", 10);
  out.str("");
  log.Tick();
  EXPECT_EQ(out.str(), "");
  now += Log::kTellInterval;
  log.Tick();
  EXPECT_THAT(out.str(), testing::HasSubstr("level=warn msg=\"log messages left out\" left_out=7\n"));
  out.str("");
  now += Log::kTellInterval;
  log.Tick();
  EXPECT_EQ(out.str(), "");
}

TEST_F(LogRate, IsOfAllSubjectsTogetherToo) {
  for (int job = 0; job < 10'000; ++job) Regimes(std::to_string(job), 2);
  EXPECT_EQ(Lines(out.str()), 20u);
  now += Log::kTellInterval;
  out.str("");
  log.Tick();
  EXPECT_THAT(out.str(), testing::HasSubstr("left_out=19980\n"));
}

TEST(QuoteJson, EscapesWhatCommandsATerminal) {
  EXPECT_EQ(QuoteJson("a\u0085\u009b31m"), R"("a\u0085\u009b31m")");                  // next line, CSI
  EXPECT_EQ(QuoteJson("\u2028\u2029\u202e\u2066"), R"("\u2028\u2029\u202e\u2066")");  // separators, directions
  EXPECT_EQ(QuoteJson("\u00a0\u2027\u202f\u2010"), "\"\u00a0\u2027\u202f\u2010\"");
}

TEST(QuoteJson, KeepsTextAndEscapesTheRest) {
  EXPECT_EQ(QuoteJson("größe 損失 📉"), "\"größe 損失 📉\"");
  EXPECT_EQ(QuoteJson("a\\\"\t\r\n\x1b"), R"("a\\\"\t\u000d\n\u001b")");
}

TEST(QuoteJson, ReplacesBytesThatAreNotUtf8) {
  EXPECT_EQ(QuoteJson("\xff"), R"("\ufffd")");
  EXPECT_EQ(QuoteJson("a\xc3"), R"("a\ufffd")");                    // cut short
  EXPECT_EQ(QuoteJson("\xc0\xaf"), R"("\ufffd\ufffd")");            // overlong
  EXPECT_EQ(QuoteJson("\xed\xa0\x80"), R"("\ufffd\ufffd\ufffd")");  // a surrogate
}

}  // namespace
}  // namespace lossd::logging
