#include "app/healthcheck.h"

#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <ostream>

namespace lossd::app {
namespace {

constexpr auto kTimeout = std::chrono::seconds(5);

/// Where a program on this machine reaches one that listens on `host`.
std::string Reachable(std::string host) {
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (host.empty() || host == "0.0.0.0") return "127.0.0.1";
  return host == "::" ? "::1" : host;
}

}  // namespace

int RunHealthcheck(const std::string& address, std::ostream& err) {
  const std::size_t colon = address.rfind(':');
  if (colon == std::string::npos) {
    err << "lossd: " << address << ": want HOST:PORT\n";
    return 1;
  }
  boost::asio::ip::tcp::iostream stream;
  stream.expires_after(kTimeout);
  stream.connect(Reachable(address.substr(0, colon)), address.substr(colon + 1));
  stream << "GET /-/ready HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n" << std::flush;
  std::string protocol;
  int status = 0;
  stream >> protocol >> status;
  if (status == 200) return 0;
  err << "lossd: " << address << ": ";
  if (status == 0) {
    err << stream.error().message() << '\n';
  } else {
    err << "not ready (status " << status << ")\n";
  }
  return 1;
}

}  // namespace lossd::app
