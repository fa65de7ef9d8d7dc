#include "demo/spirals.h"

#include <cmath>
#include <numbers>

namespace lossd::demo {

Batch MakeSpirals(std::size_t per_arm, std::mt19937_64& random) {
  std::normal_distribution<double> noise(0.0, 0.12);
  Batch points;
  points.width = 2;
  for (std::size_t arm = 0; arm < kSpiralArms; ++arm) {
    for (std::size_t i = 0; i < per_arm; ++i) {
      const double radius = 0.1 + 1.9 * static_cast<double>(i) / static_cast<double>(per_arm);
      const double turn = static_cast<double>(arm) / static_cast<double>(kSpiralArms);
      const double angle = 2 * std::numbers::pi * (turn + 0.4 * radius);
      points.inputs.push_back(radius * std::cos(angle) + noise(random));
      points.inputs.push_back(radius * std::sin(angle) + noise(random));
      points.classes.push_back(arm);
    }
  }
  return points;
}

}  // namespace lossd::demo
