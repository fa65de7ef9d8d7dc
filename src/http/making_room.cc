#include "http/making_room.h"

#include <algorithm>
#include <boost/asio/ip/address_v6.hpp>
#include <unordered_map>

namespace lossd::http {
namespace {

constexpr int kIdlePatience = 10;  // times as short as that for a connection that owes us something
constexpr std::size_t kLead = 2;   // connections more than the newcomer's that make a client the one to give way

/// The least useful of those that `may_go`.
template <typename Predicate>
std::optional<std::size_t> LeastUseful(std::span<const Occupant> occupants, Predicate may_go) {
  std::optional<std::size_t> found;
  for (std::size_t i = 0; i < occupants.size(); ++i) {
    const Occupant& candidate = occupants[i];
    if (candidate.phase == Phase::kBusy || !may_go(candidate)) continue;
    const bool better = !found || candidate.phase < occupants[*found].phase ||
                        (candidate.phase == occupants[*found].phase && candidate.waited > occupants[*found].waited);
    if (better) found = i;
  }
  return found;
}

template <typename Key>
std::size_t Largest(const std::unordered_map<Key, std::size_t>& counts) {
  std::size_t most = 0;
  for (const auto& [key, count] : counts) most = std::max(most, count);
  return most;
}

}  // namespace

ClientKey ClientOf(const boost::asio::ip::address& address) {
  if (address.is_v4()) return address.to_v4().to_uint();
  const auto v6 = address.to_v6();
  if (v6.is_v4_mapped()) return boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, v6).to_uint();
  ClientKey key = 0;
  const auto bytes = v6.to_bytes();
  for (std::size_t i = 0; i < sizeof key; ++i) key = key << 8 | bytes[i];
  // The loopback address has no such bits, and must not be that of 0.0.0.0.
  return v6.is_loopback() ? boost::asio::ip::address_v4::loopback().to_uint() : key;
}

std::optional<std::size_t> WhoMakesRoom(std::span<const Occupant> occupants, Newcomer newcomer,
                                        std::chrono::steady_clock::duration patience) {
  std::unordered_map<unsigned, std::size_t> by_listener;
  for (const Occupant& occupant : occupants) ++by_listener[occupant.listener];
  const std::size_t beside = by_listener[newcomer.listener];
  const std::size_t crowded = Largest(by_listener);
  const bool from_crowd = crowded >= beside + kLead;
  const auto may_go = [&](const Occupant& other) {
    return by_listener[other.listener] >= (from_crowd ? crowded : beside);
  };

  std::unordered_map<ClientKey, std::size_t> held;
  for (const Occupant& occupant : occupants) held[occupant.client] += may_go(occupant) ? 1 : 0;
  const std::size_t most = Largest(held);
  if (from_crowd || most >= held[newcomer.client] + kLead) {
    const auto found =
        LeastUseful(occupants, [&](const Occupant& other) { return may_go(other) && held[other.client] == most; });
    if (found) return found;
  }
  return LeastUseful(occupants, [&](const Occupant& other) {
    return may_go(other) && held[other.client] >= held[newcomer.client] &&
           other.waited >= (other.phase == Phase::kIdle ? patience / kIdlePatience : patience);
  });
}

}  // namespace lossd::http
