// The median of five values: what two of the classifier's parts take on every sample.
#pragma once

#include <algorithm>
#include <array>

namespace lossd::core {

/// By comparisons in a fixed order, which need no branch. The values must not be NaN.
inline double MedianOfFive(const std::array<double, 5>& values) {
  const auto [a, b, c, d, e] = values;
  // The least and the greatest of the first four have two values on either side at best: they are out.
  const double low = std::max(std::min(a, b), std::min(c, d));
  const double high = std::min(std::max(a, b), std::max(c, d));
  return std::max(std::min(low, high), std::min(e, std::max(low, high)));
}

}  // namespace lossd::core
