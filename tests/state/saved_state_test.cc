#include "state/saved_state.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <limits>
#include <string>
#include <vector>

#include "core/state_codec.h"

namespace lossd::state {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class SavedStateTest : public ::testing::Test {
 protected:
  SavedStateTest() {
    for (int i = 0; i < 50; ++i) {
      core::Sample sample;
      sample.value = i == 40 ? std::numeric_limits<double>::quiet_NaN() : 3.0 - 0.01 * i;
      sample.step = i;
      jobs.Add("llama", {{"team", "nlp"}}, sample, now);
    }
  }

  core::Instant now{std::chrono::seconds(100), core::Timestamp(std::chrono::seconds(1'700'000'000))};
  core::JobTable jobs{core::TrackerOptions{}, core::JobLimits{}};
  core::Cursor cursor{"files", "7:42", std::string("any\0bytes", 9)};
};

TEST_F(SavedStateTest, BringsBackCursorsAndTrackersTogether) {
  core::JobTable restored{core::TrackerOptions{}, core::JobLimits{}};
  const auto decoded = DecodeState(EncodeState({cursor}, jobs, now), restored, now);
  ASSERT_TRUE(decoded.has_value());
  EXPECT_THAT(decoded->left_out, IsEmpty());
  EXPECT_THAT(decoded->cursors, ElementsAre(cursor));
  // The bytes of a state say all that there is to it.
  EXPECT_EQ(EncodeState({cursor}, restored, now), EncodeState({cursor}, jobs, now));
}

TEST_F(SavedStateTest, IsRefusedWhereverItIsCutShort) {
  const std::string body = EncodeState({cursor}, jobs, now);
  for (std::size_t size = 0; size < body.size(); size += 7) {
    core::JobTable restored{core::TrackerOptions{}, core::JobLimits{}};
    EXPECT_FALSE(DecodeState(std::string_view(body).substr(0, size), restored, now).has_value()) << size;
    EXPECT_TRUE(restored.jobs().empty()) << size;
  }
}

TEST_F(SavedStateTest, TakesCursorsInAnOlderForm) {
  core::StateWriter old;
  old.U64(9);
  jobs.Save(old, now);
  core::JobTable restored{core::TrackerOptions{}, core::JobLimits{}};
  const auto decoded =
      DecodeState(old.bytes(), restored, now, [](core::StateReader& in, std::vector<core::Cursor>& all) {
        all.push_back({"files", "1:1", std::to_string(in.U64())});
        return in.ok();
      });
  ASSERT_TRUE(decoded.has_value());
  EXPECT_THAT(decoded->cursors, ElementsAre(core::Cursor{"files", "1:1", "9"}));
  EXPECT_NE(restored.Find("llama"), nullptr);
}

TEST_F(SavedStateTest, IsRefusedWhereTheTrackersAreOthers) {
  core::TrackerOptions other;
  other.windows = {5};
  core::JobTable restored{other, core::JobLimits{}};
  EXPECT_FALSE(DecodeState(EncodeState({cursor}, jobs, now), restored, now).has_value());
}

}  // namespace
}  // namespace lossd::state
