#include "state/saved_state.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <limits>
#include <string>

namespace lossd::state {
namespace {

using ::testing::ElementsAre;

class SavedStateTest : public ::testing::Test {
 protected:
  SavedStateTest() {
    for (int i = 0; i < 50; ++i) {
      core::Sample sample;
      sample.value = i == 40 ? std::numeric_limits<double>::quiet_NaN() : 3.0 - 0.01 * i;
      sample.step = i;
      jobs.Add("llama", {{"team", "nlp"}}, sample, now);
    }
    position.path = "/runs/llama.log";
    position.job = "llama";
    position.identity = {7, 42};
    position.offset = 1000;
  }

  core::Instant now{std::chrono::seconds(100), core::Timestamp(std::chrono::seconds(1'700'000'000))};
  core::JobTable jobs{core::TrackerOptions{}, core::JobLimits{}};
  sources::FilePosition position;
};

TEST_F(SavedStateTest, BringsBackPositionsAndTrackersTogether) {
  core::JobTable restored{core::TrackerOptions{}, core::JobLimits{}};
  const auto positions = DecodeState(EncodeState({position}, jobs, now), restored, now);
  ASSERT_TRUE(positions.has_value());
  EXPECT_THAT(*positions, ElementsAre(position));
  // The bytes of a state say all that there is to it.
  EXPECT_EQ(EncodeState({position}, restored, now), EncodeState({position}, jobs, now));
}

TEST_F(SavedStateTest, IsRefusedWhereverItIsCutShort) {
  const std::string body = EncodeState({position}, jobs, now);
  for (std::size_t size = 0; size < body.size(); size += 7) {
    core::JobTable restored{core::TrackerOptions{}, core::JobLimits{}};
    EXPECT_FALSE(DecodeState(std::string_view(body).substr(0, size), restored, now).has_value()) << size;
    EXPECT_TRUE(restored.jobs().empty()) << size;
  }
}

TEST_F(SavedStateTest, IsRefusedWhereTheTrackersAreOthers) {
  core::TrackerOptions other;
  other.windows = {5};
  core::JobTable restored{other, core::JobLimits{}};
  EXPECT_FALSE(DecodeState(EncodeState({position}, jobs, now), restored, now).has_value());
}

}  // namespace
}  // namespace lossd::state
