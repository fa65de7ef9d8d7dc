// A request and its answer as plain values: handlers never see a socket.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/body_source.h"
#include "http/body_stream.h"

namespace lossd::http {

struct Request {
  std::string method = {};  ///< "GET", "POST", ...; a HEAD request comes as "GET"
  std::string path = {};    ///< of the target, still percent-encoded, without the query; "*" for `OPTIONS *`
  std::string query = {};   ///< behind the '?', still encoded; empty where there is none
  std::string body = {};    ///< content-encoding already undone
  std::vector<std::pair<std::string, std::string>> headers = {};  ///< names in lower case, in order of arrival
  std::string peer = {};                                          ///< the client's address, without its port
  bool on_loopback = false;                   ///< came in on an address of this machine that no other can reach
  bool is_head = false;                       ///< `method` is HEAD's
  std::shared_ptr<BodySource> incoming = {};  ///< in place of `body`, where it is taken while it comes in

  /// First header of that name (lower case), or "".
  std::string_view header(std::string_view name) const;
};

struct Response {
  unsigned status = 200;  ///< or kNoAnswer
  std::string content_type = "text/plain; charset=utf-8";
  std::string body = {};
  std::vector<std::pair<std::string, std::string>> headers = {};  ///< beside those that the server writes itself
  std::shared_ptr<BodyStream> stream = {};                        ///< in place of `body`, where set
  std::optional<std::uint64_t> length = {};  ///< of all that `stream` gives, where it is known: it is not packed then
  /// It comes from another server: nothing is added to its headers but how the body is framed, and it is not packed.
  bool verbatim = false;
};

/// In place of an answer: the connection is cut, as if nobody listened here.
inline constexpr unsigned kNoAnswer = 0;

/// Called on the thread of the io_context; must not block. An exception becomes a 500 and is told to the
/// ExceptionObserver.
using Handler = std::function<Response(const Request&)>;

/// For answers that take time: gives the answer at once, or nothing, and then calls `later` exactly once, on the
/// io_context's thread. The request is gone by then.
using AsyncHandler = std::function<std::optional<Response>(const Request&, std::function<void(Response)> later)>;

/// Whether a request is let through to the handler.
struct Verdict {
  std::optional<Response> refusal;  ///< the answer in place of the handler's
};

/// Asked about each request once its head is there and before its body is read; `head` has no body and must not be
/// kept. Gives its verdict at once, or nothing, and then calls `later` exactly once, on the io_context's thread and not
/// from within this call.
using Gate = std::function<std::optional<Verdict>(const Request& head, std::function<void(Verdict)> later)>;

/// Asked after the gate about each request that is let through: whether the handler takes its body while it comes in
/// (Request::incoming), however large it is. Such a request goes to the handler before its body is there.
using BodyPolicy = std::function<bool(const Request& head)>;

/// Told of an exception that left a handler: the request that it was called with, and what() of the exception.
using ExceptionObserver = std::function<void(const Request&, std::string_view what)>;

/// Undoes %XX (not '+'). Nothing where an escape is malformed.
std::optional<std::string> PercentDecode(std::string_view text);

}  // namespace lossd::http
