// The head of a response: what a handler wants said, and what every response says.
#pragma once

#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/message.h"

namespace lossd::http {

/// A response with one line of text.
Response Plain(unsigned status, std::string_view reason);

/// How a body gets to the client.
enum class Framing : std::uint8_t {
  kNone,     ///< no body, and no field says anything of one (204, 304)
  kLength,   ///< Content-Length
  kChunked,  ///< chunks
  kClose,    ///< the end of the connection is that of the body
};

struct HeadOptions {
  unsigned version = 11;  ///< of HTTP, times ten
  bool keep_alive = false;
  Framing framing = Framing::kLength;
  std::size_t length = 0;    ///< for Framing::kLength
  bool may_be_gzip = false;  ///< it depends on the request whether it is packed
  bool gzip = false;         ///< and here it is
};

/// Without its body. `extra` are fields of every response. A value with a line break in it, as a handler may pass on
/// from a client, is left out: it would be another field.
boost::beast::http::response<boost::beast::http::string_body> MakeMessage(
    const Response& response, const std::vector<std::pair<std::string, std::string>>& extra,
    const HeadOptions& options);

}  // namespace lossd::http
