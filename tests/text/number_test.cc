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

}  // namespace
}  // namespace lossd::text
