#include "core/ring.h"

#include <gtest/gtest.h>

namespace lossd::core {
namespace {

TEST(Ring, ReadsBackwardsFromTheNewest) {
  Ring<double> ring(4);
  for (int i = 0; i < 11; ++i) {
    ring.Push(i);
    for (std::size_t age = 0; age < ring.size(); ++age) EXPECT_EQ(ring.FromNewest(age), i - static_cast<int>(age));
  }
  EXPECT_EQ(ring.size(), 4U);
  ring.Clear();
  EXPECT_EQ(ring.size(), 0U);
}

TEST(Ring, KeepsNoMoreThanWasAskedFor) {
  EXPECT_EQ(Ring<double>(101).capacity(), 101U);
  Ring<double> one(1);
  for (int i = 0; i < 3; ++i) one.Push(i);
  EXPECT_EQ(one.FromNewest(0), 2);
}

TEST(Ring, LoadsTheNewestThatWereSaved) {
  Ring<std::int64_t> ring(8);
  for (int i = 0; i < 20; ++i) ring.Push(-i);
  StateWriter out;
  ring.Save(out, 3);
  Ring<std::int64_t> loaded(8);
  loaded.Push(99);
  StateReader in(out.bytes());
  ASSERT_TRUE(loaded.Load(in));
  EXPECT_EQ(loaded.size(), 3U);
  EXPECT_EQ(loaded.FromNewest(0), -19);
  EXPECT_EQ(loaded.FromNewest(2), -17);
}

TEST(Ring, RefusesMoreThanItHolds) {
  Ring<double> large(16);
  for (int i = 0; i < 16; ++i) large.Push(i);
  StateWriter out;
  large.Save(out, 16);
  Ring<double> small(8);
  StateReader in(out.bytes());
  EXPECT_FALSE(small.Load(in));
  EXPECT_FALSE(in.ok());
  EXPECT_EQ(small.size(), 0U);
}

}  // namespace
}  // namespace lossd::core
