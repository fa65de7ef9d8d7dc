// Asks a running lossd: one HTTP request, its answer or why there is none.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "http/client/url.h"

namespace lossd::cli {

/// A running lossd. The user stays beside the address, which stands on screens.
struct Server {
  http::Url url;                   ///< its target is what stands before the paths of the API, without a '/' at its end
  std::string username, password;  ///< decoded; "": none
};

/// "http://[user:password@]host[:port][/prefix]", or "host:port". The default port is lossd's own, 443 with https.
/// Nothing where it is no address.
std::optional<Server> ParseServer(std::string_view text);

struct Fetched {
  std::string body;
  std::string error;  ///< "": none
};

/// GET `target` ("/api/v1/overview?limit=3"). Waits no longer than `timeout`. Whatever certificate the host has is
/// taken on this machine itself, one that the system's authorities have signed elsewhere.
Fetched Fetch(const Server& server, const std::string& target, std::chrono::milliseconds timeout);

}  // namespace lossd::cli
