#include "logging/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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
