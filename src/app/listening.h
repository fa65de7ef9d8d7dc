// Which port the server gets where the one that is asked for cannot be had, and how many connections.
#pragma once

#include <cstdint>
#include <string>

#include "http/server.h"
#include "logging/log.h"

namespace lossd::app {

/// Whether an address that cannot be listened on is the end, or is done without: a training waits for no port.
enum class Insist : std::uint8_t { kNo, kYes };

/// Listens on `address` and logs where. With Insist::kNo a port that is taken gives way to the next free one, and what
/// cannot be had at all is only logged. False: it cannot be had, and with Insist::kYes alone.
bool ListenOn(http::Server& server, const std::string& address, Insist insist, logging::Log& log);

/// Connections may take half of the descriptors at most: the rest is for files.
http::ServerOptions BoundedByDescriptors(http::ServerOptions options);

}  // namespace lossd::app
