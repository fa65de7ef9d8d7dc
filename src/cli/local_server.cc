#include "cli/local_server.h"

namespace lossd::cli {

http::Url LocalServer(const std::string& address, bool tls) {
  const std::size_t colon = address.rfind(':');
  std::string host = address.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (host.empty() || host == "0.0.0.0") host = "127.0.0.1";
  if (host == "::") host = "::1";
  return {.tls = tls, .host = std::move(host), .port = address.substr(colon + 1)};
}

}  // namespace lossd::cli
