// The addresses of servers that we ask.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace lossd::http {

/// `http://host:port/path?query`, as it stands in a configuration.
struct Url {
  bool tls = false;
  std::string host;          ///< of an IPv6 address without its brackets
  std::string port;          ///< "80" or "443" where none is given
  std::string target = "/";  ///< path and query, still encoded

  /// As the Host header has it: the port only where it is not the scheme's own.
  std::string Authority() const;
  std::string Text() const;
};

/// Nothing where the text is no http or https address, or one with a user or a fragment: passwords do not belong into
/// addresses, which are logged.
std::optional<Url> ParseUrl(std::string_view text);

}  // namespace lossd::http
