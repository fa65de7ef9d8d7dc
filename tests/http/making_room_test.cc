#include "http/making_room.h"

#include <gtest/gtest.h>

#include <vector>

namespace lossd::http {
namespace {

using boost::asio::ip::make_address;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds kPatience{1};

TEST(ClientOf, TakesTheSameClientTogether) {
  EXPECT_EQ(ClientOf(make_address("10.0.0.1")), ClientOf(make_address("::ffff:10.0.0.1")));
  EXPECT_NE(ClientOf(make_address("10.0.0.1")), ClientOf(make_address("10.0.0.2")));
  EXPECT_EQ(ClientOf(make_address("2001:db8::1")), ClientOf(make_address("2001:db8::2")));
  EXPECT_NE(ClientOf(make_address("2001:db8::1")), ClientOf(make_address("2001:db8:0:1::1")));
  EXPECT_EQ(ClientOf(make_address("::1")), ClientOf(make_address("127.0.0.1")));
}

TEST(WhoMakesRoom, IsTheLeastUsefulOfTheClientThatHoldsMost) {
  const std::vector<Occupant> occupants = {
      {1, Phase::kNothingAsked, seconds(9)},  // another client's: it holds less
      {2, Phase::kIdle, seconds(8)},
      {2, Phase::kStalled, seconds(30)},
      {2, Phase::kNothingAsked, milliseconds(5)},
      {2, Phase::kNothingAsked, milliseconds(7)},
  };
  EXPECT_EQ(WhoMakesRoom(occupants, {3}, kPatience), 4u);
}

TEST(WhoMakesRoom, IsOfTheOneCrowdEvenAtOnce) {
  // A crowd that asks all the time is never idle for long; a client of another address gets in all the same.
  const std::vector<Occupant> crowd(4, {7, Phase::kIdle, milliseconds(0)});
  EXPECT_TRUE(WhoMakesRoom(crowd, {8}, kPatience));
  EXPECT_FALSE(WhoMakesRoom(crowd, {7}, kPatience));
}

TEST(WhoMakesRoom, KeepsAClientFromPushingOutOthers) {
  const std::vector<Occupant> occupants = {
      {1, Phase::kIdle, milliseconds(50)}, {2, Phase::kIdle, milliseconds(20)}, {2, Phase::kBusy, milliseconds(20)}};
  EXPECT_FALSE(WhoMakesRoom(occupants, {2}, kPatience));
}

TEST(WhoMakesRoom, TakesAnIdleConnectionSoonerThanOneThatOwesUsSomething) {
  std::vector<Occupant> occupants = {{1, Phase::kStalled, milliseconds(900)}, {1, Phase::kIdle, milliseconds(100)}};
  EXPECT_EQ(WhoMakesRoom(occupants, {1}, kPatience), 1u);
  occupants[1].waited = milliseconds(99);
  EXPECT_FALSE(WhoMakesRoom(occupants, {1}, kPatience));
  occupants[0].waited = kPatience;
  EXPECT_EQ(WhoMakesRoom(occupants, {1}, kPatience), 0u);
}

TEST(WhoMakesRoom, KeepsACrowdFromPushingOutAClientThatHoldsFewer) {
  std::vector<Occupant> occupants(5, {1, Phase::kIdle, milliseconds(99)});
  occupants.push_back({2, Phase::kIdle, seconds(60)});
  EXPECT_FALSE(WhoMakesRoom(occupants, {1}, kPatience));
  occupants[3].waited = milliseconds(100);
  EXPECT_EQ(WhoMakesRoom(occupants, {1}, kPatience), 3u);
}

TEST(WhoMakesRoom, GivesEveryListenAddressItsShare) {
  // All of one machine: a crowd at the first address, a scraper and a probe at the second.
  std::vector<Occupant> occupants(6, {1, Phase::kIdle, milliseconds(0), 0});
  occupants.push_back({1, Phase::kNothingAsked, seconds(9), 1});
  const auto found = WhoMakesRoom(occupants, {1, 1}, kPatience);
  ASSERT_TRUE(found);
  EXPECT_EQ(occupants[*found].listener, 0u);
  EXPECT_FALSE(WhoMakesRoom(occupants, {2, 0}, kPatience) == 6u) << "the address that holds fewer keeps what it has";
  for (Occupant& occupant : occupants) occupant.waited = seconds(9);
  EXPECT_NE(WhoMakesRoom(occupants, {1, 0}, kPatience), 6u);
}

TEST(WhoMakesRoom, TakesTheCrowdOfAnAddressFromTheClientThatHoldsMost) {
  const std::vector<Occupant> occupants = {
      {1, Phase::kIdle, seconds(9), 0}, {2, Phase::kIdle, seconds(1), 0}, {2, Phase::kIdle, seconds(2), 0}};
  EXPECT_EQ(WhoMakesRoom(occupants, {2, 1}, kPatience), 2u);
}

TEST(WhoMakesRoom, NeverCutsWhatWaitsForUs) {
  const std::vector<Occupant> occupants(9, {1, Phase::kBusy, seconds(100)});
  EXPECT_FALSE(WhoMakesRoom(occupants, {2}, kPatience));
}

}  // namespace
}  // namespace lossd::http
