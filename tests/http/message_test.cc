#include "http/message.h"

#include <gtest/gtest.h>

namespace lossd::http {
namespace {

TEST(PercentDecode, UndoesEscapes) {
  EXPECT_EQ(PercentDecode("llama%2F7b"), "llama/7b");
  EXPECT_EQ(PercentDecode("%e2%9C%93"), "\xe2\x9c\x93");
  EXPECT_EQ(PercentDecode("a%00b"), std::string("a\0b", 3));
  EXPECT_EQ(PercentDecode("a+b"), "a+b");
  EXPECT_EQ(PercentDecode(""), "");
}

TEST(PercentDecode, RefusesMalformedEscapes) {
  for (const char* text : {"%", "%1", "a%", "%zz", "%-1", "% 1", "%%41"}) {
    EXPECT_EQ(PercentDecode(text), std::nullopt) << text;
  }
}

TEST(Request, FindsTheFirstHeaderOfAName) {
  const Request request{.headers = {{"a", "1"}, {"b", "2"}, {"b", "3"}}};
  EXPECT_EQ(request.header("b"), "2");
  EXPECT_EQ(request.header("c"), "");
}

}  // namespace
}  // namespace lossd::http
