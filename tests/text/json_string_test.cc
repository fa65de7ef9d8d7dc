#include "text/json_string.h"

#include <gtest/gtest.h>

#include <string>

namespace lossd::text {
namespace {

std::string Unescaped(std::string_view text, std::size_t* end = nullptr) {
  std::string out;
  const std::size_t at = UnescapeJson(text, 1, out);
  if (end != nullptr) *end = at;
  return out;
}

TEST(UnescapeJson, EndsAtTheQuote) {
  std::size_t end = 0;
  EXPECT_EQ(Unescaped(R"("a\"b", "c")", &end), "a\"b");
  EXPECT_EQ(end, 5u);
}

TEST(UnescapeJson, TakesEscapes) {
  EXPECT_EQ(Unescaped(R"("\n\t\\\/")"), "\n\t\\/");
  EXPECT_EQ(Unescaped(R"("\u0041\u00e9\u7b2c\ud83d\ude80")"), "Aé第🚀");
}

TEST(UnescapeJson, TakesWhatIsCutOff) {
  EXPECT_EQ(Unescaped(R"("ab\)"), "ab\\");
  EXPECT_EQ(Unescaped(R"("\ud83d x")"), "? x");
  EXPECT_EQ(Unescaped(R"("\u00)").size(), 1u);
}

}  // namespace
}  // namespace lossd::text
