#include "demo/mlp.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace lossd::demo {
namespace {

Batch SomePoints() { return {2, {0.5, -0.2, 1.1, 0.7, -0.4, 0.3}, {0, 2, 1}}; }

TEST(Mlp, GradientIsThatOfFiniteDifferences) {
  std::mt19937_64 random(3);
  Mlp model({2, 5, 4, 3}, random);
  const Batch batch = SomePoints();
  model.LossAndGradient(batch);
  const double h = 1e-6;
  for (std::size_t i = 0; i < model.parameters().size(); ++i) {
    double& parameter = model.parameters()[i];
    const double kept = parameter;
    parameter = kept + h;
    const double above = model.Loss(batch);
    parameter = kept - h;
    const double below = model.Loss(batch);
    parameter = kept;
    EXPECT_NEAR(model.gradient()[i], (above - below) / (2 * h), 1e-8) << "parameter " << i;
  }
}

TEST(Mlp, UniformWeightsGiveTheEntropyOfAGuess) {
  std::mt19937_64 random(3);
  Mlp model({2, 4, 3}, random);
  for (double& parameter : model.parameters()) parameter = 0;
  EXPECT_NEAR(model.Loss(SomePoints()), std::log(3), 1e-12);
}

TEST(Mlp, ANanInputGivesANanLossAndGradient) {
  std::mt19937_64 random(3);
  Mlp model({2, 4, 3}, random);
  Batch batch = SomePoints();
  batch.inputs[0] = std::numeric_limits<double>::quiet_NaN();
  EXPECT_TRUE(std::isnan(model.LossAndGradient(batch)));
  EXPECT_TRUE(std::isnan(model.gradient()[0]));
}

}  // namespace
}  // namespace lossd::demo
