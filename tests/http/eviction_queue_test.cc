#include "http/eviction_queue.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <ctime>
#include <list>
#include <map>
#include <optional>
#include <random>
#include <vector>

namespace lossd::http {
namespace {

using boost::asio::ip::make_address;
using std::chrono::milliseconds;
using std::chrono::seconds;
using Clock = EvictionQueue::Clock;

constexpr Clock::duration kPatience = seconds(1);
constexpr Clock::time_point kNow{seconds(1000)};

struct Occupant {
  ClientKey client = 0;
  Phase phase = Phase::kBusy;
  Clock::duration waited{0};  ///< in that phase
  unsigned listener = 0;
};

/// A queue of these connections.
class Crowd {
 public:
  explicit Crowd(const std::vector<Occupant>& occupants) : members_(occupants.size()) {
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < occupants.size(); ++i) {
      order.push_back(i);
      queue_.Add(members_[i], {occupants[i].client, occupants[i].listener});
    }
    std::ranges::stable_sort(order, std::greater(), [&](std::size_t i) { return occupants[i].waited; });
    for (const std::size_t i : order) queue_.Enter(members_[i], occupants[i].phase, kNow - occupants[i].waited);
  }
  ~Crowd() {
    for (auto& member : members_) queue_.Remove(member);
  }

  std::optional<std::size_t> Evicted(Newcomer newcomer) const {
    const auto* const found = queue_.Find(newcomer, kNow, kPatience);
    if (found == nullptr) return std::nullopt;
    return static_cast<std::size_t>(found - members_.data());
  }

 private:
  EvictionQueue queue_;
  std::vector<EvictionQueue::Member> members_;
};

std::optional<std::size_t> Evicted(const std::vector<Occupant>& occupants, Newcomer newcomer) {
  return Crowd(occupants).Evicted(newcomer);
}

TEST(ClientOf, TakesTheSameClientTogether) {
  EXPECT_EQ(ClientOf(make_address("10.0.0.1")), ClientOf(make_address("::ffff:10.0.0.1")));
  EXPECT_NE(ClientOf(make_address("10.0.0.1")), ClientOf(make_address("10.0.0.2")));
  EXPECT_EQ(ClientOf(make_address("2001:db8::1")), ClientOf(make_address("2001:db8::2")));
  EXPECT_NE(ClientOf(make_address("2001:db8::1")), ClientOf(make_address("2001:db8:0:1::1")));
  EXPECT_EQ(ClientOf(make_address("::1")), ClientOf(make_address("127.0.0.1")));
}

TEST(EvictionQueue, EvictsTheLeastUsefulOfTheClientThatHoldsMost) {
  const std::vector<Occupant> occupants = {
      {1, Phase::kNothingAsked, seconds(9)},  // another client's: it holds less
      {2, Phase::kIdle, seconds(8)},
      {2, Phase::kStalled, seconds(30)},
      {2, Phase::kNothingAsked, milliseconds(5)},
      {2, Phase::kNothingAsked, milliseconds(7)},
  };
  EXPECT_EQ(Evicted(occupants, {3}), 4u);
}

TEST(EvictionQueue, EvictsOfTheOneCrowdEvenAtOnce) {
  // A crowd that asks all the time is never idle for long; a client of another address gets in all the same.
  const std::vector<Occupant> crowd(4, {7, Phase::kIdle, milliseconds(0)});
  EXPECT_TRUE(Evicted(crowd, {8}));
  EXPECT_FALSE(Evicted(crowd, {7}));
}

TEST(EvictionQueue, KeepsAClientFromPushingOutOthers) {
  const std::vector<Occupant> occupants = {
      {1, Phase::kIdle, milliseconds(50)}, {2, Phase::kIdle, milliseconds(20)}, {2, Phase::kBusy, milliseconds(20)}};
  EXPECT_FALSE(Evicted(occupants, {2}));
}

TEST(EvictionQueue, TakesAnIdleConnectionSoonerThanOneThatOwesUsSomething) {
  std::vector<Occupant> occupants = {{1, Phase::kStalled, milliseconds(900)}, {1, Phase::kIdle, milliseconds(100)}};
  EXPECT_EQ(Evicted(occupants, {1}), 1u);
  occupants[1].waited = milliseconds(99);
  EXPECT_FALSE(Evicted(occupants, {1}));
  occupants[0].waited = kPatience;
  EXPECT_EQ(Evicted(occupants, {1}), 0u);
}

TEST(EvictionQueue, KeepsACrowdFromPushingOutAClientThatHoldsFewer) {
  std::vector<Occupant> occupants(5, {1, Phase::kIdle, milliseconds(99)});
  occupants.push_back({2, Phase::kIdle, seconds(60)});
  EXPECT_FALSE(Evicted(occupants, {1}));
  occupants[3].waited = milliseconds(100);
  EXPECT_EQ(Evicted(occupants, {1}), 3u);
}

TEST(EvictionQueue, GivesEveryListenAddressItsShare) {
  // All of one machine: a crowd at the first address, a scraper and a probe at the second.
  std::vector<Occupant> occupants(6, {1, Phase::kIdle, milliseconds(0), 0});
  occupants.push_back({1, Phase::kNothingAsked, seconds(9), 1});
  const auto found = Evicted(occupants, {1, 1});
  ASSERT_TRUE(found);
  EXPECT_EQ(occupants[*found].listener, 0u);
  EXPECT_NE(Evicted(occupants, {2, 0}), 6u) << "the address that holds fewer keeps what it has";
  for (Occupant& occupant : occupants) occupant.waited = seconds(9);
  EXPECT_NE(Evicted(occupants, {1, 0}), 6u);
  EXPECT_NE(Evicted(occupants, {1, 2}), std::nullopt) << "an address with no connection yet gets its share";
}

TEST(EvictionQueue, TakesTheCrowdOfAnAddressFromTheClientThatHoldsMost) {
  const std::vector<Occupant> occupants = {
      {1, Phase::kIdle, seconds(9), 0}, {2, Phase::kIdle, seconds(1), 0}, {2, Phase::kIdle, seconds(2), 0}};
  EXPECT_EQ(Evicted(occupants, {2, 1}), 2u);
}

TEST(EvictionQueue, NeverEvictsWhatWaitsForUs) {
  const std::vector<Occupant> occupants(9, {1, Phase::kBusy, seconds(100)});
  EXPECT_FALSE(Evicted(occupants, {2}));
}

TEST(EvictionQueue, KnowsNothingOfWhatHasLeft) {
  EvictionQueue queue;
  std::vector<EvictionQueue::Member> members(3);
  EXPECT_EQ(queue.Find({2}, kNow, kPatience), nullptr);
  for (auto& member : members) queue.Add(member, {1, 0});
  for (auto& member : members) queue.Enter(member, Phase::kIdle, kNow);
  EXPECT_EQ(queue.Find({2}, kNow, kPatience), &members[0]);
  queue.Remove(members[0]);
  queue.Enter(members[0], Phase::kIdle, kNow);
  queue.Remove(members[0]);
  EXPECT_EQ(queue.Find({2}, kNow, kPatience), &members[1]);
  queue.Remove(members[1]);
  queue.Remove(members[2]);
  EXPECT_EQ(queue.Find({2}, kNow, kPatience), nullptr);
}

/// The rule, by looking at every connection of one address.
std::optional<std::size_t> EvictedByScan(const std::vector<Occupant>& occupants, ClientKey newcomer) {
  std::map<ClientKey, std::size_t> held;
  std::size_t most = 0;
  for (const Occupant& occupant : occupants) most = std::max(most, ++held[occupant.client]);
  const auto least_useful = [&](auto may_go) {
    std::optional<std::size_t> found;
    for (std::size_t i = 0; i < occupants.size(); ++i) {
      const Occupant& one = occupants[i];
      if (one.phase == Phase::kBusy || !may_go(one)) continue;
      if (!found || one.phase < occupants[*found].phase ||
          (one.phase == occupants[*found].phase && one.waited > occupants[*found].waited)) {
        found = i;
      }
    }
    return found;
  };
  if (most >= held[newcomer] + 2) {
    const auto found = least_useful([&](const Occupant& one) { return held[one.client] == most; });
    if (found) return found;
  }
  return least_useful([&](const Occupant& one) {
    return held[one.client] >= held[newcomer] && one.waited >= (one.phase == Phase::kIdle ? kPatience / 10 : kPatience);
  });
}

TEST(EvictionQueue, FindsWhatAScanOfAllWouldFind) {
  std::mt19937 random(1);
  const auto below = [&](unsigned n) { return static_cast<unsigned>(random() % n); };
  int evicted = 0;
  for (int round = 0; round < 2000; ++round) {
    std::vector<Occupant> occupants(1 + below(20));
    const unsigned clients = 1 + below(6), slowest = 1 + below(3000);
    for (std::size_t i = 0; i < occupants.size(); ++i) {
      // No two that have waited for equally long: either could go.
      const auto waited = milliseconds(below(slowest)) + std::chrono::microseconds(i);
      occupants[i] = {below(clients), static_cast<Phase>(below(5)), waited};
    }
    const ClientKey newcomer = below(7);
    const auto found = Evicted(occupants, {newcomer});
    evicted += found.has_value() ? 1 : 0;
    ASSERT_EQ(found, EvictedByScan(occupants, newcomer)) << "round " << round;
  }
  EXPECT_GT(evicted, 500);
  EXPECT_LT(evicted, 2000);
}

/// What a newcomer costs where so many are held already, in seconds of the processor's time.
double SecondsOfANewcomer(std::size_t held) {
  constexpr std::size_t kNewcomers = 5'000;
  EvictionQueue queue;
  std::list<EvictionQueue::Member> members;
  Clock::time_point now = kNow;
  const auto admit = [&](ClientKey client) {
    queue.Add(members.emplace_back(), {client, 0});
    queue.Enter(members.back(), Phase::kNothingAsked, now += milliseconds(1));
  };
  for (std::size_t i = 0; i < held; ++i) admit(i % 250);
  std::size_t evicted = 0;
  const std::clock_t begin = std::clock();
  for (std::size_t i = 0; i < kNewcomers; ++i) {
    const ClientKey client = 1'000 + i % 2'500;
    auto* const found = queue.Find({client, 0}, now, kPatience);
    if (found != nullptr) queue.Remove(*found);
    evicted += found != nullptr ? 1 : 0;
    admit(client);
  }
  const std::clock_t end = std::clock();
  EXPECT_GT(evicted, kNewcomers / 2);
  for (auto& member : members) queue.Remove(member);
  return static_cast<double>(end - begin) / CLOCKS_PER_SEC / kNewcomers;
}

TEST(EvictionQueue, CostsANewcomerHardlyMoreAmongManyThanAmongFew) {
  // A look at each of them would cost 32 times as much.
  EXPECT_LT(SecondsOfANewcomer(64'000), 8 * SecondsOfANewcomer(2'000));
}

}  // namespace
}  // namespace lossd::http
