#include "http/eviction_queue.h"

#include <algorithm>
#include <boost/asio/ip/address_v6.hpp>

namespace lossd::http {
namespace {

constexpr int kIdlePatience = 10;  // times as short as that for a connection that owes us something
constexpr std::size_t kLead = 2;   // connections more than the newcomer's that make a client the one to give way

EvictionQueue::Clock::duration PatienceWith(Phase phase, EvictionQueue::Clock::duration patience) {
  return phase == Phase::kIdle ? patience / kIdlePatience : patience;
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

/// Moves the client to the level of its new count.
void EvictionQueue::SetCount(Address& address, Client& client, std::size_t count) {
  const auto old = address.levels.find(client.count);
  Level* const next = count > 0 ? &address.levels[count] : nullptr;
  for (std::size_t phase = 0; phase < kWaiting; ++phase) {
    if (client.waiting[phase].empty()) continue;
    const std::pair key(client.waiting[phase].front().since_, &client);
    old->second.first[phase].erase(key);
    if (next != nullptr) next->first[phase].insert(key);
  }
  if (next != nullptr) ++next->clients;
  if (old != address.levels.end() && --old->second.clients == 0) address.levels.erase(old);
  client.count = count;
}

void EvictionQueue::Add(Member& member, Newcomer who) {
  Address& address = addresses_[who.listener];
  Client& client = address.clients[who.client];
  member.who_ = who;
  member.phase_ = Phase::kBusy;
  member.address_ = &address;
  member.client_ = &client;
  ++address.count;
  ++size_;
  SetCount(address, client, client.count + 1);
}

void EvictionQueue::TakeOut(Member& member) {
  if (member.phase_ == Phase::kBusy) return;
  const auto phase = static_cast<std::size_t>(member.phase_);
  Members& waiting = member.client_->waiting[phase];
  const bool was_first = &waiting.front() == &member;
  waiting.erase(waiting.iterator_to(member));
  if (!was_first) return;
  auto& first = member.address_->levels.at(member.client_->count).first[phase];
  first.erase({member.since_, member.client_});
  if (!waiting.empty()) first.emplace(waiting.front().since_, member.client_);
}

void EvictionQueue::Remove(Member& member) {
  if (member.address_ == nullptr) return;
  TakeOut(member);
  --size_;
  Address& address = *std::exchange(member.address_, nullptr);
  Client& client = *std::exchange(member.client_, nullptr);
  SetCount(address, client, client.count - 1);
  if (client.count == 0) address.clients.erase(member.who_.client);
  if (--address.count == 0) addresses_.erase(member.who_.listener);
}

void EvictionQueue::Enter(Member& member, Phase phase, Clock::time_point now) {
  if (member.address_ == nullptr) return;
  TakeOut(member);
  member.phase_ = phase;
  member.since_ = now;
  if (phase == Phase::kBusy) return;
  const auto place = static_cast<std::size_t>(phase);
  Members& waiting = member.client_->waiting[place];
  if (waiting.empty()) {
    member.address_->levels.at(member.client_->count).first[place].emplace(now, member.client_);
  }
  waiting.push_back(member);
}

EvictionQueue::Member* EvictionQueue::Find(Newcomer newcomer, Clock::time_point now, Clock::duration patience) const {
  const auto own = addresses_.find(newcomer.listener);
  const auto crowd = std::ranges::max_element(addresses_, {}, [](const auto& entry) { return entry.second.count; });
  if (crowd == addresses_.end()) return nullptr;
  const bool from_crowd = own == addresses_.end() || crowd->second.count >= own->second.count + kLead;
  const Address& address = from_crowd ? crowd->second : own->second;

  const auto client = address.clients.find(newcomer.client);
  const std::size_t held = client == address.clients.end() ? 0 : client->second.count;
  const auto& [most, greatest] = *address.levels.begin();
  if (from_crowd || most >= held + kLead) {
    for (std::size_t phase = 0; phase < kWaiting; ++phase) {
      const auto& first = greatest.first[phase];
      if (!first.empty()) return &first.begin()->second->waiting[phase].front();
    }
  }
  for (std::size_t phase = 0; phase < kWaiting; ++phase) {
    Member* found = nullptr;
    for (const auto& [count, level] : address.levels) {
      if (count < held) break;
      if (level.first[phase].empty()) continue;
      Member& candidate = level.first[phase].begin()->second->waiting[phase].front();
      if (found == nullptr || candidate.since_ < found->since_) found = &candidate;
    }
    if (found != nullptr && now - found->since_ >= PatienceWith(static_cast<Phase>(phase), patience)) return found;
  }
  return nullptr;
}

}  // namespace lossd::http
