#include "text/utf8_text.h"

#include <gtest/gtest.h>

namespace lossd::text {
namespace {

#define REPLACED "\xEF\xBF\xBD"

TEST(IsUtf8, IsWhatToUtf8Keeps) {
  for (const std::string_view text :
       {"", "plain", "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x9A\x80", "\xF4\x8F\xBF\xBF"}) {
    EXPECT_TRUE(IsUtf8(text)) << text;
  }
  const std::string_view nul("a\0b", 3);
  for (const std::string_view text :
       {std::string_view("\xFF"), std::string_view("a\xC0\xAF"), std::string_view("\xED\xA0\x80"),
        std::string_view("\xE2\x82"), std::string_view("\xF4\x90\x80\x80"), nul}) {
    EXPECT_FALSE(IsUtf8(text)) << text;
    EXPECT_NE(ToUtf8(text), text);
  }
}

TEST(ToUtf8, KeepsWhatIsUtf8) {
  for (const char* text : {"", "plain", "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x9A\x80", "\xF4\x8F\xBF\xBF"}) {
    EXPECT_EQ(ToUtf8(text), text);
  }
}

TEST(ToUtf8, ReplacesEachMaximalPartThatIsNot) {
  EXPECT_EQ(ToUtf8("a\xFFz"), "a" REPLACED "z");
  EXPECT_EQ(ToUtf8("\xC0\xAF"), REPLACED REPLACED);               // overlong
  EXPECT_EQ(ToUtf8("\xED\xA0\x80"), REPLACED REPLACED REPLACED);  // surrogate
  EXPECT_EQ(ToUtf8("\xE2\x82"), REPLACED);                        // cut short
  EXPECT_EQ(ToUtf8("\xE2\x82z"), REPLACED "z");
  EXPECT_EQ(ToUtf8("\xF5\x80"), REPLACED REPLACED);
  EXPECT_EQ(ToUtf8(std::string_view("a\0b", 3)), "a" REPLACED "b");
}

}  // namespace
}  // namespace lossd::text
