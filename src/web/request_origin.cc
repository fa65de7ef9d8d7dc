#include "web/request_origin.h"

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <boost/beast/core/string.hpp>
#include <string_view>

namespace lossd::web {
namespace {

using boost::beast::iequals;

/// Of "host:port", "[v6]:port" or "host".
std::string_view HostOf(std::string_view authority) {
  if (authority.starts_with('[')) return authority.substr(0, authority.find(']') + 1);
  return authority.substr(0, authority.find(':'));
}

bool IsAddress(std::string_view host) {
  if (host.starts_with('[')) return true;
  boost::system::error_code error;
  boost::asio::ip::make_address(host, error);
  return !error;
}

bool IsAllowed(std::string_view host, std::span<const std::string> allowed) {
  return std::ranges::any_of(allowed, [&](std::string_view name) { return name == "*" || iequals(name, host); });
}

/// A name that no name server of a stranger answers for.
bool IsLocal(std::string_view host) {
  constexpr std::string_view kLocalhost = ".localhost";
  return IsAddress(host) || host.find('.') == std::string_view::npos ||
         (host.size() > kLocalhost.size() && iequals(host.substr(host.size() - kLocalhost.size()), kLocalhost));
}

http::Response Forbidden(const std::string& reason) { return {.status = 403, .body = reason + "\n"}; }

}  // namespace

std::optional<http::Response> RefuseForeign(const http::Request& head, Effect effect,
                                            std::span<const std::string> allowed) {
  const std::string_view authority = head.header("host");
  const std::string_view host = HostOf(authority);
  const bool checked = head.on_loopback || !allowed.empty();
  if (checked && !host.empty() && !IsLocal(host) && !IsAllowed(host, allowed)) {
    return Forbidden("this host is not known here; allowed_hosts of the web configuration names others");
  }
  if (effect == Effect::kNone) return std::nullopt;
  const std::string_view site = head.header("sec-fetch-site");
  const std::string_view origin = head.header("origin");
  const auto scheme = origin.find("://");
  const std::string_view from = scheme == std::string_view::npos ? std::string_view() : origin.substr(scheme + 3);
  const bool from_allowed = !from.empty() && IsAllowed(HostOf(from), allowed);
  const bool foreign_origin = !origin.empty() && !iequals(from, authority) && !from_allowed;
  const bool foreign_site = iequals(site, "cross-site") && !from_allowed;
  if (foreign_origin || foreign_site) return Forbidden("a page of another site may not change anything here");
  return std::nullopt;
}

}  // namespace lossd::web
