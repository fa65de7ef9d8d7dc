#include "core/regime/regime.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "core/regime/role.h"

namespace lossd::core {
namespace {

using ::testing::ElementsAre;

TEST(Regime, NamesAreTheLabelsOfTheMetric) {
  std::vector<std::string_view> names;
  for (const Regime regime : kRegimes) names.push_back(Name(regime));
  EXPECT_THAT(names, ElementsAre("warming_up", "undecided", "healthy", "converging", "plateau", "constant", "diverging",
                                 "overfitting", "oscillating", "non_finite", "stalled"));
}

TEST(Role, NamesAreTheLabelsOfTheMetric) {
  std::vector<std::string_view> names;
  for (const Role role : kRoles) names.push_back(Name(role));
  EXPECT_THAT(names, ElementsAre("whole", "part", "average", "adversarial", "policy", "reward"));
}

TEST(Regime, IndexesItsOwnArray) {
  for (std::size_t i = 0; i < kRegimeCount; ++i) EXPECT_EQ(static_cast<std::size_t>(kRegimes[i]), i);
}

TEST(NonFiniteKind, NamesAreTheLabelsOfTheMetric) {
  EXPECT_EQ(Name(NonFiniteKind::kNan), "nan");
  EXPECT_EQ(Name(NonFiniteKind::kPosInf), "+inf");
  EXPECT_EQ(Name(NonFiniteKind::kNegInf), "-inf");
}

TEST(EventKind, NamesAreThoseOfTheReplay) {
  EXPECT_EQ(Name(Event::Kind::kRegime), "regime");
  EXPECT_EQ(Name(Event::Kind::kOutlier), "outlier");
  EXPECT_EQ(Name(Event::Kind::kSpike), "spike");
  EXPECT_EQ(Name(Event::Kind::kRestart), "restart");
  EXPECT_EQ(Name(Event::Kind::kNonFinite), "non_finite");
}

}  // namespace
}  // namespace lossd::core
