// Which connection gives way where there are too many: the rule, apart from the sockets.
#pragma once

#include <boost/asio/ip/address.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace lossd::http {

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

struct Occupant {
  ClientKey client = 0;
  Phase phase = Phase::kBusy;
  std::chrono::steady_clock::duration waited{0};  ///< in that phase
  unsigned listener = 0;                          ///< the number of the address that it came in by
};

struct Newcomer {
  ClientKey client = 0;
  unsigned listener = 0;
};

/// The place of the connection that gives way to a new one; nothing where the newcomer itself has to.
///
/// Every address that is listened on has the same share: where one holds most of the connections, and at least two more
/// than the newcomer's, a connection of that one gives way, and one of an address that holds fewer never does. So
/// scrapes and probes with an address of their own are not crowded out by what comes in by another.
///
/// Of the connections that may give way: a client that holds most of the connections, and at least two more than the
/// newcomer, gives one up at once: the least useful by phase, of these the one that has waited for longest. Where
/// nobody holds more than the newcomer does, what has kept us waiting for `patience` gives way, and an idle connection
/// already after a tenth of that: its client has had its answer, and can connect anew; but never one of a client that
/// holds fewer than the newcomer's. A connection that is busy never gives way.
std::optional<std::size_t> WhoMakesRoom(std::span<const Occupant> occupants, Newcomer newcomer,
                                        std::chrono::steady_clock::duration patience);

}  // namespace lossd::http
