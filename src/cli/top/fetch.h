// Asks a running lossd: one HTTP request, its answer or why there is none.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace lossd::cli {

struct Url {
  bool tls = false;
  std::string host, port;  ///< the host without the brackets of IPv6
  std::string user;        ///< "name:password", decoded; "": none
  std::string path;        ///< in front of the paths of the API, without a '/' at its end
};

/// "http://[user:password@]host[:port][/prefix]", or "host:port". The default port is lossd's own, 443 with https.
/// Nothing where it is no address.
std::optional<Url> ParseUrl(std::string_view text);

struct Fetched {
  std::string body;
  std::string error;  ///< "": none
};

/// GET `target` ("/api/v1/overview?limit=3"). Waits no longer than `timeout`. Whatever certificate the host has is
/// taken on this machine itself, one that the system's authorities have signed elsewhere.
Fetched Fetch(const Url& url, const std::string& target, std::chrono::milliseconds timeout);

}  // namespace lossd::cli
