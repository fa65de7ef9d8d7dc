// Which connection gives way where there are too many: the rule, apart from the sockets.
#pragma once

#include <array>
#include <boost/asio/ip/address.hpp>
#include <boost/intrusive/list.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <unordered_map>
#include <utility>

namespace lossd::http {

class Session;

/// Whom connections are counted to: an IPv4 address, or the 64 bits of an IPv6 address that a site is given.
using ClientKey = std::uint64_t;
ClientKey ClientOf(const boost::asio::ip::address& address);

/// What a connection is doing, from the one that would be missed least.
enum class Phase : std::uint8_t {
  kNothingAsked,  ///< no request has ever been answered on it, and none is whole: a handshake, a head, silence
  kIdle,          ///< between two requests
  kStalled,       ///< within a request that does not come, or an answer that is not taken
  kStreaming,     ///< takes a stream that has no more at the moment
  kBusy,          ///< waits for us
};

struct Newcomer {
  ClientKey client = 0;
  unsigned listener = 0;  ///< the number of the address that it came in by
};

/// The open connections of a server, by how little they would be missed. All methods take O(log n) of n connections;
/// Find, where all connections of the greatest clients are busy, O(sqrt n).
class EvictionQueue {
 public:
  using Clock = std::chrono::steady_clock;
  class Member;

  EvictionQueue() = default;
  EvictionQueue(const EvictionQueue&) = delete;
  EvictionQueue& operator=(const EvictionQueue&) = delete;

  /// `member` must not be in a queue yet. It is in no phase but kBusy until Enter.
  void Add(Member& member, Newcomer who);
  /// Nothing where it is in no queue.
  void Remove(Member& member);
  /// It is in `phase` since `now`, which is never earlier than in a call before. Nothing where it is in no queue.
  void Enter(Member& member, Phase phase, Clock::time_point now);

  std::size_t size() const { return size_; }

  /// The connection that gives way to a new one; null where the newcomer itself has to.
  ///
  /// Every address that is listened on has the same share: where one holds most of the connections, and at least two
  /// more than the newcomer's, a connection of that one gives way; otherwise one of the newcomer's own address. So
  /// scrapes and probes with an address of their own are not crowded out by what comes in by another.
  ///
  /// Of the connections at that address: a client that holds most of them, and at least two more than the newcomer,
  /// gives one up at once: the least useful by phase, of these the one that has waited for longest. Where nobody holds
  /// more than the newcomer does, what has kept us waiting for `patience` gives way, and an idle connection already
  /// after a tenth of that: its client has had its answer, and can connect anew; but never one of a client that holds
  /// fewer than the newcomer's. A connection that is busy never gives way.
  Member* Find(Newcomer newcomer, Clock::time_point now, Clock::duration patience) const;

 private:
  static constexpr std::size_t kWaiting = 4;  ///< the phases before kBusy
  using Members = boost::intrusive::list<Member, boost::intrusive::base_hook<boost::intrusive::list_base_hook<>>>;

  /// The connections of one client at one address, by phase, in the order in which they entered it.
  struct Client {
    std::size_t count = 0;
    std::array<Members, kWaiting> waiting;
  };
  /// The clients that hold the same number of connections, by phase and by how long the first of each has waited.
  struct Level {
    std::size_t clients = 0;
    std::array<std::set<std::pair<Clock::time_point, Client*>>, kWaiting> first;
  };
  struct Address {
    std::size_t count = 0;
    std::unordered_map<ClientKey, Client> clients;
    std::map<std::size_t, Level, std::greater<>> levels;
  };

  static void SetCount(Address& address, Client& client, std::size_t count);
  static void TakeOut(Member& member);

  std::map<unsigned, Address> addresses_;
  std::size_t size_ = 0;
};

/// What the queue keeps of one connection, as a member of it: it must leave before it ends.
class EvictionQueue::Member : public boost::intrusive::list_base_hook<> {
 public:
  explicit Member(Session* session = nullptr) : session_(session) {}
  Session* session() const { return session_; }

 private:
  friend class EvictionQueue;

  Session* session_;
  Newcomer who_;
  Phase phase_ = Phase::kBusy;
  Clock::time_point since_;
  Address* address_ = nullptr;  ///< null: in no queue
  Client* client_ = nullptr;
};

}  // namespace lossd::http
