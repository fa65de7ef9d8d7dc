#include "http/client/url.h"

#include <algorithm>
#include <boost/beast/core/string.hpp>

namespace lossd::http {
namespace {

bool IsPort(std::string_view text) {
  return !text.empty() && text.size() <= 5 && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; }) &&
         std::stoi(std::string(text)) <= 65535;
}

/// No blank, no control character: nothing that could break out of a request's head.
bool IsClean(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) > 0x20 && c != 0x7F; });
}

std::string Bracketed(const std::string& host) { return host.find(':') == std::string::npos ? host : '[' + host + ']'; }

}  // namespace

std::string Url::Authority() const { return Bracketed(host) + (port == (tls ? "443" : "80") ? "" : ':' + port); }
std::string Url::Text() const { return (tls ? "https://" : "http://") + Authority() + target; }

std::optional<Url> ParseUrl(std::string_view text) {
  const std::size_t scheme = text.find("://");
  if (scheme == std::string_view::npos || !IsClean(text) || text.find_first_of("#\\") != std::string_view::npos) {
    return std::nullopt;
  }
  Url url;
  url.tls = boost::beast::iequals(text.substr(0, scheme), "https");
  if (!url.tls && !boost::beast::iequals(text.substr(0, scheme), "http")) return std::nullopt;
  text.remove_prefix(scheme + 3);
  const std::size_t end = std::min(text.find_first_of("/?"), text.size());
  std::string_view authority = text.substr(0, end);
  text.remove_prefix(end);
  if (authority.find('@') != std::string_view::npos) return std::nullopt;
  std::string_view port;
  if (authority.starts_with('[')) {
    const std::size_t close = authority.find(']');
    if (close == std::string_view::npos) return std::nullopt;
    url.host = authority.substr(1, close - 1);
    port = authority.substr(close + 1);
  } else {
    url.host = authority.substr(0, authority.find(':'));
    port = authority.substr(url.host.size());
  }
  if (url.host.empty() || (!port.empty() && (port[0] != ':' || !IsPort(port.substr(1))))) return std::nullopt;
  url.port = port.empty() ? (url.tls ? "443" : "80") : std::string(port.substr(1));
  url.target = text.starts_with('/') ? std::string(text) : '/' + std::string(text);
  return url;
}

}  // namespace lossd::http
