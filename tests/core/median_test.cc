#include "core/median.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

namespace lossd::core {
namespace {

TEST(MedianOfFive, IsTheThirdInOrderWhateverTheOrderAndTheTies) {
  for (int code = 0; code < 3125; ++code) {  // every row of five digits below 5
    std::array<double, 5> values{};
    for (int i = 0, rest = code; i < 5; ++i, rest /= 5) values[static_cast<std::size_t>(i)] = rest % 5;
    std::array<double, 5> sorted = values;
    std::sort(sorted.begin(), sorted.end());
    ASSERT_EQ(MedianOfFive(values), sorted[2]) << "row " << code;
  }
}

}  // namespace
}  // namespace lossd::core
