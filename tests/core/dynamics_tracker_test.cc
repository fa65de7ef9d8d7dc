#include "core/dynamics_tracker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "core/reference_regression.h"
#include "core/state_codec.h"

namespace lossd::core {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();

Dynamics Feed(DynamicsTracker& tracker, const std::vector<double>& losses) {
  for (const double loss : losses) tracker.update(loss);
  return tracker.dynamics();
}

/// 30 values of f(0), f(1), ...
Dynamics Of(const std::function<double(double)>& f) {
  DynamicsTracker tracker;
  for (int x = 0; x < 30; ++x) tracker.update(f(x));
  return tracker.dynamics();
}

TEST(DynamicsTracker, HasNothingToSayBeforeTheFirstLoss) {
  const DynamicsTracker tracker;
  EXPECT_EQ(tracker.dynamics(), Dynamics());
  EXPECT_FALSE(tracker.has_velocity());
  EXPECT_THAT(tracker.history(), IsEmpty());
  EXPECT_EQ(tracker.window(), 30U);
}

TEST(DynamicsTracker, TakesVelocityFromTwoLosses) {
  DynamicsTracker tracker;
  EXPECT_EQ(tracker.update(5).velocity, 0);
  EXPECT_FALSE(tracker.has_velocity());
  EXPECT_EQ(tracker.update(4.5).velocity, -0.5);
  EXPECT_TRUE(tracker.has_velocity());
}

TEST(DynamicsTracker, TakesAccelerationFromSixLosses) {
  DynamicsTracker tracker;
  Feed(tracker, {0, 1, 4, 9, 16});
  EXPECT_FALSE(tracker.has_acceleration());
  EXPECT_EQ(tracker.dynamics().acceleration, 0);
  // Slopes of {0, 1, 4} and {9, 16, 25} are 2 and 8.
  EXPECT_DOUBLE_EQ(tracker.update(25).acceleration, 6);
  EXPECT_TRUE(tracker.has_acceleration());
}

TEST(DynamicsTracker, GivesTheMiddleLossOfAnOddWindowToTheSecondHalf) {
  DynamicsTracker tracker(7);
  // Slopes of {0, 0, 0} and {8, 0, 0, 0}: 0 and -2.4.
  EXPECT_NEAR(Feed(tracker, {0, 0, 0, 8, 0, 0, 0}).acceleration, -2.4, 1e-15);
}

TEST(DynamicsTracker, ForgetsWhatLeavesTheWindow) {
  DynamicsTracker tracker(3);
  Feed(tracker, {100, 1, 2, 3});
  EXPECT_THAT(tracker.history(), ElementsAre(1, 2, 3));
  EXPECT_DOUBLE_EQ(tracker.dynamics().velocity, 1);
}

TEST(DynamicsTracker, KeepsTheWindowWhenALossIsNotFinite) {
  DynamicsTracker tracker;
  const Dynamics before = Feed(tracker, {7, 6, 5.5, 5.2, 5.1, 5.05});
  EXPECT_EQ(tracker.update(kNan), before);
  EXPECT_EQ(tracker.update(kInf), before);
  EXPECT_EQ(tracker.update(-kInf), before);
  EXPECT_EQ(tracker.size(), 6U);
}

TEST(DynamicsTracker, StartsAnewAfterReset) {
  DynamicsTracker tracker;
  Feed(tracker, {1e30, 2, 3, 4, 5, 6, 7});
  tracker.reset();
  EXPECT_EQ(tracker.dynamics(), Dynamics());
  EXPECT_THAT(tracker.history(), IsEmpty());
  EXPECT_EQ(Feed(tracker, {3, 2, 1}).velocity, -1);
}

TEST(DynamicsTrackerDeathTest, AbortsOnAWindowThatHoldsNoLine) {
  EXPECT_DEATH(DynamicsTracker(1), "");
  EXPECT_DEATH(DynamicsTracker(0), "");
}

// The table of patterns: the signs of velocity and acceleration that each regime shows.

TEST(DynamicsPattern, HealthyFallsWithoutSlowing) {
  const Dynamics steady = Of([](double x) { return 10 - 0.25 * x; });
  EXPECT_DOUBLE_EQ(steady.velocity, -0.25);
  EXPECT_NEAR(steady.acceleration, 0, 1e-15);
  const Dynamics faster = Of([](double x) { return 10 - 0.01 * x * x; });
  EXPECT_LT(faster.velocity, 0);
  EXPECT_LT(faster.acceleration, 0);
}

TEST(DynamicsPattern, ConvergingFallsAndSlows) {
  const Dynamics dynamics = Of([](double x) { return 1 + 9 * std::exp(-x / 10); });
  EXPECT_LT(dynamics.velocity, 0);
  EXPECT_GT(dynamics.acceleration, 0);
}

TEST(DynamicsPattern, PlateauHasNeither) {
  EXPECT_EQ(Of([](double) { return 2.3; }), Dynamics());
  EXPECT_EQ(Of([](double) { return 1e12 + 0.1; }), Dynamics());
}

TEST(DynamicsPattern, DivergingRises) {
  const Dynamics dynamics = Of([](double x) { return 2 + 0.01 * std::exp(x / 5); });
  EXPECT_GT(dynamics.velocity, 0);
  EXPECT_GT(dynamics.acceleration, 0);
}

/// A whole run, read at the ends of its phases.
struct Scenario {
  DynamicsTracker tracker;
  std::mt19937_64 random{1};
  std::normal_distribution<double> noise{0, 0.002};

  Dynamics Run(int from, int to, const std::function<double(double)>& loss) {
    Dynamics dynamics;
    for (int x = from; x < to; ++x) dynamics = tracker.update(loss(x) + noise(random));
    return dynamics;
  }
};

TEST(DynamicsScenario, IdealRunFallsAllTheWay) {
  Scenario scenario;
  for (int end = 100; end <= 500; end += 100) {
    EXPECT_NEAR(scenario.Run(end - 100, end, [](double x) { return 8 - 0.01 * x; }).velocity, -0.01, 3e-4) << end;
  }
}

TEST(DynamicsScenario, ConvergingRunSlowsAsItFalls) {
  Scenario scenario;
  const auto loss = [](double x) { return 1 + 7 * std::exp(-x / 40); };
  const Dynamics early = scenario.Run(0, 40, loss);
  const Dynamics late = scenario.Run(40, 120, loss);
  EXPECT_LT(early.velocity, late.velocity);
  EXPECT_LT(late.velocity, 0);
  EXPECT_GT(early.acceleration, late.acceleration);
  EXPECT_GT(late.acceleration, 0);
}

TEST(DynamicsScenario, PlateauRunComesToRest) {
  Scenario scenario;
  const auto loss = [](double x) { return x < 100 ? 6 - 0.04 * x : 2; };
  EXPECT_NEAR(scenario.Run(0, 100, loss).velocity, -0.04, 3e-4);
  const Dynamics rest = scenario.Run(100, 200, loss);
  EXPECT_NEAR(rest.velocity, 0, 3e-4);
  EXPECT_NEAR(rest.acceleration, 0, 1e-3);
}

TEST(DynamicsScenario, DivergingRunTurnsUpwards) {
  Scenario scenario;
  const auto loss = [](double x) { return x < 100 ? 6 - 0.03 * x : 3 + 0.001 * (x - 100) * (x - 100); };
  EXPECT_LT(scenario.Run(0, 100, loss).velocity, 0);
  const Dynamics turned = scenario.Run(100, 140, loss);
  EXPECT_GT(turned.velocity, 0);
  EXPECT_GT(turned.acceleration, 0);
}

// Against the definition, computed in two passes and extended precision.

struct Curve {
  std::string name;
  std::function<double(int, double)> loss;  ///< of the sample's index and standard normal noise
};
void PrintTo(const Curve& curve, std::ostream* out) { *out << curve.name; }

class DynamicsReference : public ::testing::TestWithParam<Curve> {};

TEST_P(DynamicsReference, AgreesForEveryWindow) {
  constexpr double kEpsilon = std::numeric_limits<double>::epsilon();
  for (const std::size_t window : {2U, 3U, 4U, 5U, 6U, 7U, 10U, 29U, 30U, 31U, 100U, 333U, 1000U}) {
    std::mt19937_64 random(window);
    std::normal_distribution<double> normal;
    DynamicsTracker tracker(window);
    std::vector<double> losses;
    for (int i = 0; losses.size() < 2 * window + 300; ++i) {
      const double loss = GetParam().loss(i, normal(random));
      const Dynamics dynamics = tracker.update(loss);
      if (std::isfinite(loss)) losses.push_back(loss);
      // While growing every result; of a long window then only some: the reference is slow.
      if (losses.empty() || (losses.size() > 200 && window > 50 && i % 13 > 1)) continue;
      const ReferenceDynamics reference = FitReference(losses, window);
      long double range = 0;
      for (const double kept : tracker.history()) {
        range = std::max(range, std::abs(static_cast<long double>(kept) - losses.back()));
      }
      // Where the line fits exactly there is no noise to measure by: then some roundings of what was summed.
      const long double tolerance =
          1e-9L * reference.noise + 16 * kEpsilon * range + std::numeric_limits<double>::denorm_min();
      ASSERT_LE(std::abs(dynamics.velocity - reference.velocity), tolerance) << "window " << window << " sample " << i;
      ASSERT_LE(std::abs(dynamics.acceleration - reference.acceleration), tolerance)
          << "window " << window << " sample " << i;
    }
    const std::size_t kept = std::min(window, losses.size());
    EXPECT_EQ(tracker.history(), std::vector<double>(losses.end() - static_cast<std::ptrdiff_t>(kept), losses.end()));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Curves, DynamicsReference,
    ::testing::Values(
        Curve{"random", [](int, double e) { return e; }}, Curve{"constant", [](int, double) { return 2.3; }},
        Curve{"linear", [](int i, double) { return 5 - 0.1 * i; }},
        Curve{"noisy_linear", [](int i, double e) { return 5 - 0.1 * i + 1e-3 * e; }},
        Curve{"quadratic", [](int i, double) { return 1e-3 * i * i - i; }},
        Curve{"decaying", [](int i, double e) { return 2 + 9 / std::sqrt(i + 1.0) + 0.05 * e; }},
        Curve{"offset_1e6", [](int, double e) { return 1e6 + e; }},
        Curve{"offset_1e12", [](int, double e) { return 1e12 + 1e-3 * e; }},
        Curve{"negative_offset", [](int, double e) { return -1e15 + e; }},
        Curve{"tiny", [](int, double e) { return 1e-300 * (1 + 0.1 * e); }},
        Curve{"huge", [](int, double e) { return 1e307 * (5 + 0.1 * e); }},
        Curve{"vanishing", [](int i, double) { return std::exp(-0.7 * i); }},
        Curve{"exploding", [](int i, double) { return std::exp(0.2 * i); }},
        Curve{"spikes", [](int i, double e) { return i % 97 == 0   ? 1e30
                                                     : i % 61 == 0 ? -1e100
                                                                   : 2 + e; }},
        Curve{"level_shifts", [](int i, double e) { return (i / 500 % 2 ? 1e6 : 1.0) + 1e-4 * e; }},
        Curve{"scale_shifts", [](int i, double e) { return 1 + (i / 300 % 2 ? 1e-9 : 1e3) * e; }},
        Curve{"awakening", [](int i, double e) { return i < 400 ? 0 : 1e-250 * e; }},
        Curve{"non_finite",
              [](int i, double e) { return i % 5 == 1    ? kNan
                                           : i % 7 == 2  ? kInf
                                           : i % 11 == 3 ? -kInf
                                                         : e; }}),
    [](const auto& test) { return test.param.name; });

TEST(DynamicsTracker, HasNoResidueOfASpikeThatLeftTheWindow) {
  DynamicsTracker spiked(10);
  DynamicsTracker calm(10);
  Feed(spiked, {1, 2, 3, 1e30, -1e300, 1.7e308});
  std::mt19937_64 random(3);
  std::normal_distribution<double> normal(0, 1e-6);
  for (int i = 0; i < 10; ++i) {
    const double loss = 2 + normal(random);
    spiked.update(loss);
    calm.update(loss);
  }
  EXPECT_NEAR(spiked.dynamics().velocity, calm.dynamics().velocity, 1e-20);
  EXPECT_NEAR(spiked.dynamics().acceleration, calm.dynamics().acceleration, 1e-20);
}

TEST(DynamicsTracker, StaysFiniteAtTheEndsOfTheRangeOfDouble) {
  constexpr double kMax = std::numeric_limits<double>::max();
  DynamicsTracker tracker(6);
  for (int i = 0; i < 40; ++i) {
    const Dynamics dynamics = tracker.update(i % 2 == 0 ? kMax : -kMax);
    EXPECT_TRUE(std::isfinite(dynamics.velocity) && std::isfinite(dynamics.acceleration)) << i;
  }
}

TEST(DynamicsTracker, ContinuesEqualToTheBitAfterLoad) {
  std::mt19937_64 random(5);
  std::normal_distribution<double> normal(1e6, 1);
  for (const int before : {0, 1, 5, 17, 30, 44, 1000}) {
    DynamicsTracker original;
    for (int i = 0; i < before; ++i) original.update(normal(random));
    StateWriter out;
    original.Save(out);
    DynamicsTracker loaded;
    loaded.update(7);
    StateReader in(out.bytes());
    ASSERT_TRUE(loaded.Load(in));
    EXPECT_TRUE(in.at_end());
    EXPECT_EQ(loaded.history(), original.history());
    for (int i = 0; i < 200; ++i) {
      const double loss = i == 50 ? 1e30 : normal(random);
      ASSERT_EQ(loaded.update(loss), original.update(loss)) << before << " + " << i;
    }
  }
}

TEST(DynamicsTracker, RefusesTheStateOfAnotherWindow) {
  DynamicsTracker thirty;
  Feed(thirty, {1, 2, 3});
  StateWriter out;
  thirty.Save(out);
  DynamicsTracker ten(10);
  Feed(ten, {5, 6});
  StateReader in(out.bytes());
  EXPECT_FALSE(ten.Load(in));
  EXPECT_FALSE(in.ok());
  EXPECT_EQ(ten.size(), 0U);
}

TEST(DynamicsTracker, RefusesEveryTruncatedState) {
  DynamicsTracker tracker(3);
  Feed(tracker, {1, 2, 4, 8});
  StateWriter out;
  tracker.Save(out);
  for (std::size_t size = 0; size < out.bytes().size(); ++size) {
    DynamicsTracker loaded(3);
    StateReader in(std::string_view(out.bytes()).substr(0, size));
    EXPECT_FALSE(loaded.Load(in)) << size;
    EXPECT_EQ(loaded.size(), 0U);
  }
}

}  // namespace
}  // namespace lossd::core
