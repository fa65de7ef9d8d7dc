#include "text/utf8_text.h"

#include <gtest/gtest.h>

namespace lossd::text {
namespace {

#define REPLACED "\xEF\xBF\xBD"

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
