// Passes a request on to another server, and its answer back: both unchanged, and while they come in.
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "http/client/client.h"
#include "http/message.h"

namespace lossd::http {

struct ForwardOptions {
  Url server;            ///< the request's path is appended to that of the address
  ClientOptions client;  ///< its credentials, where there are any, take the place of the client's own; its limits of an
                         ///< answer do not hold, and its timeout is that of the connection alone
  std::chrono::milliseconds longest_silence = std::chrono::minutes(10);  ///< of the server, once it is connected
};

/// What has passed, for whoever follows it.
struct Passed {
  std::string request_body, response_body;  ///< content coding undone
  unsigned status = 0;
};

struct PassedObserver {
  /// Called once the server's answer is there whole, and before its end goes to the client; not where a body is larger
  /// than `max_bytes`, or is not what its content coding says. None: nothing is kept.
  std::function<void(const Passed&)> passed;
  std::size_t max_bytes = 0;
};

/// `request` is one with Request::incoming; it may go once this has returned. Calls `later` once, and not from within
/// this call. Method, path, query, headers, status and bodies pass as they are; what concerns one connection alone
/// (RFC 9110, 7.6.1) and the Host do not. Where the server cannot be reached, or ends without an answer, the client
/// gets none either: `later` gets kNoAnswer with the reason as body, which is empty where the client went first. Where
/// it ends within its answer, so does ours.
void Forward(boost::asio::io_context& io, const Request& request, ForwardOptions options, PassedObserver observer,
             std::function<void(Response)> later);

}  // namespace lossd::http
