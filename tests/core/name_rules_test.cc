#include "core/name_rules.h"

#include <gtest/gtest.h>

#include <string>

namespace lossd::core {
namespace {

using namespace std::string_view_literals;

TEST(IsText, TakesUtf8OfEveryLength) {
  for (const auto text : {""sv, "llama-7b"sv, "run \"1\"\\\n{}"sv, "\xC3\xA9"sv, "\xE2\x82\xAC"sv, "\xF0\x9F\x94\xA5"sv,
                          "\xED\x9F\xBF"sv, "\xEE\x80\x80"sv, "\xF4\x8F\xBF\xBF"sv}) {
    EXPECT_TRUE(IsText(text, 64)) << text;
  }
}

TEST(IsText, RefusesNulAndBrokenUtf8) {
  for (const auto text :
       {"a\0b"sv, "\x80"sv, "\xC3"sv, "\xC3("sv, "\xC0\xAF"sv, "\xC1\xBF"sv, "\xE0\x80\xAF"sv, "\xE2\x82"sv,
        "\xED\xA0\x80"sv, "\xF0\x80\x80\xAF"sv, "\xF4\x90\x80\x80"sv, "\xF5\x80\x80\x80"sv, "\xFF"sv, "good\xFE"sv}) {
    EXPECT_FALSE(IsText(text, 64)) << ::testing::PrintToString(text);
  }
}

TEST(IsText, CountsBytes) {
  EXPECT_TRUE(IsText("\xE2\x82\xAC", 3));
  EXPECT_FALSE(IsText("\xE2\x82\xAC", 2));
}

TEST(IsLabelName, TakesWhatPrometheusTakes) {
  for (const auto name : {"team"sv, "_x"sv, "A9_b"sv, "job"sv, "instance"sv}) EXPECT_TRUE(IsLabelName(name)) << name;
  for (const auto name : {""sv, "9a"sv, "a-b"sv, "a.b"sv, "a b"sv, "\xC3\xA9"sv, "__name__"sv, "__x"sv, "a\0"sv}) {
    EXPECT_FALSE(IsLabelName(name)) << ::testing::PrintToString(name);
  }
}

TEST(IsLabelName, RefusesTheLabelsThatOurMetricsCarry) {
  for (const auto name : {"training_job"sv, "loss"sv, "window"sv, "regime"sv, "kind"sv, "reason"sv}) {
    EXPECT_FALSE(IsLabelName(name)) << name;
  }
}

}  // namespace
}  // namespace lossd::core
