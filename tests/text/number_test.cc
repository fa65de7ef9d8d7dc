#include "text/number.h"

#include <gtest/gtest.h>

#include <bit>
#include <charconv>
#include <cstdint>
#include <random>
#include <string>

namespace lossd::text {
namespace {

TEST(ScanNumber, RoundsAsFromCharsDoes) {
  std::mt19937_64 random(11);
  for (int i = 0; i < 200'000; ++i) {
    std::string digits = std::to_string(random());
    digits.resize(1 + random() % digits.size());
    const std::size_t whole = random() % (digits.size() + 1);
    std::string text = digits.substr(0, whole) + "." + digits.substr(whole);
    if (text == ".") continue;
    if (whole < digits.size() && random() % 8 == 0) text += "e-" + std::to_string(random() % 30);
    if (random() % 4 == 0) text = "-" + text;
    double expected = 0;
    std::from_chars(text.data(), text.data() + text.size(), expected);
    const auto number = ScanNumber(text);
    ASSERT_TRUE(number) << text;
    ASSERT_EQ(std::bit_cast<std::uint64_t>(number->value), std::bit_cast<std::uint64_t>(expected)) << text;
    ASSERT_EQ(number->length, text.size());
  }
}

/// Eight bytes at a time where there are as many, else one by one.
TEST(ScanNumber, GivesTheSameWhateverFollows) {
  for (std::uint32_t digits = 0; digits < 10'000'000; digits += 1 + digits / 50) {
    const std::string text = std::to_string(digits);
    for (std::size_t whole = 1; whole <= text.size(); ++whole) {
      std::string number = text.substr(0, whole);
      if (whole < text.size()) number += "." + text.substr(whole);
      double expected = 0;
      std::from_chars(number.data(), number.data() + number.size(), expected);
      for (const char* const behind : {"", " ", ", lr 0.5", " next number", "%\xff\xff\xff\xff\xff\xff\xff"}) {
        const auto found = ScanNumber(number + behind);
        ASSERT_TRUE(found) << number << behind;
        ASSERT_EQ(found->value, expected) << number << behind;
        ASSERT_EQ(found->length, number.size()) << number << behind;
        ASSERT_EQ(found->integral, whole == text.size()) << number << behind;
      }
      if (whole < text.size()) {
        ASSERT_FALSE(ScanNumber(number + ".5 is a version"));
      }
      ASSERT_FALSE(ScanNumber(number + ":30 is a time"));
    }
  }
}

}  // namespace
}  // namespace lossd::text
