// The head of a request that the parser took: what it says, and what is wrong with it by RFC 9112. Apart from the
// sockets.
#pragma once

#include <boost/beast/http/fields.hpp>
#include <boost/beast/http/message.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "http/message.h"

namespace lossd::http {

struct Target {
  std::string_view path, query;
};
/// Splits a request target in origin form ("/a?b"), absolute form ("http://host/a?b") or asterisk form.
Target SplitTarget(std::string_view target);

/// Without its body.
Request ToRequest(const boost::beast::http::header<true, boost::beast::http::fields>& head);

struct HeadFault {
  unsigned status;
  std::string_view reason;
};
/// Why a request with this head cannot be served, whatever its body is; nothing where it can.
std::optional<HeadFault> CheckHead(const boost::beast::http::header<true, boost::beast::http::fields>& head);

/// Whether the first line ends in a well-formed HTTP version (which the parser then did not like).
bool NamesOtherHttpVersion(std::string_view unparsed);

}  // namespace lossd::http
