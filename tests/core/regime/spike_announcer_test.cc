#include "core/regime/spike_announcer.h"

#include <gtest/gtest.h>

namespace lossd::core {
namespace {

/// A spike of 5 above 1 that begins at `onset` and lasts 3 values; the value at which it is announced, 0 where it is
/// not.
std::uint64_t Announced(SpikeAnnouncer& spikes, std::uint64_t onset, bool epoch_turn = false) {
  spikes.Propose(onset + 2, 3, 1);
  for (std::uint64_t i = onset + 2; i < onset + 20; ++i) {
    if (spikes.Update(i, i < onset + 3 ? 6 : 1, epoch_turn)) return i;
  }
  return 0;
}

TEST(SpikeAnnouncer, AnnouncesWhatHasTurned) {
  SpikeAnnouncer spikes;
  EXPECT_EQ(Announced(spikes, 100), 103U);
  EXPECT_EQ(spikes.onset(), 100U);
}

TEST(SpikeAnnouncer, LeavesAloneWhatStaysUp) {
  SpikeAnnouncer spikes;
  spikes.Propose(100, 1, 1);
  for (std::uint64_t i = 100; i < 150; ++i) EXPECT_FALSE(spikes.Update(i, 6, false));
}

TEST(SpikeAnnouncer, LeavesAloneWhatComesWithTheEpoch) {
  SpikeAnnouncer spikes;
  EXPECT_EQ(Announced(spikes, 100, true), 0U);
}

TEST(SpikeAnnouncer, LeavesAloneWhatComesAgainAndAgain) {
  SpikeAnnouncer spikes;
  EXPECT_NE(Announced(spikes, 100), 0U);
  EXPECT_NE(Announced(spikes, 200), 0U);
  EXPECT_EQ(Announced(spikes, 300), 0U);
  EXPECT_EQ(Announced(spikes, 401), 0U);
  EXPECT_NE(Announced(spikes, 640), 0U);
}

}  // namespace
}  // namespace lossd::core
