#include "app/listening.h"

#include <algorithm>
#include <cstdlib>

#include "os/descriptor_limit.h"

namespace lossd::app {
namespace {

/// Ports that are tried behind one that is taken.
constexpr int kPortsTried = 20;

std::string AdviceOn(const boost::system::error_code& error) {
  if (error == boost::system::errc::address_in_use) return "another process has it: give --web.listen-address another";
  if (error == boost::system::errc::address_not_available) return "no address of this machine";
  if (error == boost::system::errc::permission_denied) return "ports below 1024 need the right to bind them";
  return "";
}

}  // namespace

bool ListenOn(http::Server& server, const std::string& address, Insist insist, logging::Log& log) {
  auto endpoint = server.Listen(address);
  const std::size_t colon = address.rfind(':') + 1;
  const int port = std::atoi(address.c_str() + colon);
  for (int next = port + 1; insist == Insist::kNo && !endpoint && next <= std::min(port + kPortsTried, 65535); ++next) {
    if (endpoint.error() != boost::system::errc::address_in_use) break;
    endpoint = server.Listen(address.substr(0, colon) + std::to_string(next));
    if (endpoint) log.Warn("the port is taken, listening on the next free one", {{"taken", port}, {"port", next}});
  }
  if (endpoint) {
    log.Info("listening", {{"address", endpoint->address().to_string()}, {"port", endpoint->port()}});
    return true;
  }
  log.Error("cannot listen",
            {{"address", address}, {"error", endpoint.error().message()}, {"advice", AdviceOn(endpoint.error())}});
  if (insist == Insist::kYes) return false;
  log.Warn("training goes on unwatched at this address: nothing can scrape it there", {{"address", address}});
  return true;
}

http::ServerOptions BoundedByDescriptors(http::ServerOptions options) {
  options.max_connections = std::min(options.max_connections, std::max<std::size_t>(os::MostDescriptors() / 2, 1));
  return options;
}

}  // namespace lossd::app
