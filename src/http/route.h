// What one path of the HTTP interface means: who may ask, and who answers.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.h"

namespace lossd::http {

/// What a route does, and therefore what a request needs where the web configuration names users or tokens.
enum class Access : std::uint8_t {
  kRead,        ///< shows something: a user
  kIngest,      ///< brings samples, ends or removes a job: one of the tokens, or a user
  kAdminister,  ///< changes the daemon itself: a user; a token is not enough
};

/// One request on its way through a route.
struct Call {
  const Request& request;               ///< valid until the handler has returned
  std::vector<std::string> parameters;  ///< what stands in the path for each {...} of the route, decoded
  /// For a handler that has returned nothing: to be called once with the answer, on the server's thread. It may be kept
  /// and called after the connection has ended.
  std::function<void(Response)> later;
};

/// Answers at once, or returns nothing and gives its answer to Call::later. Must not block. The body has come whole,
/// within ServerOptions::max_body_bytes, its content coding undone; but see Route::takes_incoming.
using RouteHandler = std::function<std::optional<Response>(const Call&)>;

struct Route {
  /// "/api/v1/jobs/{job}/finish": each {name} stands for one segment, which is not empty; {name...} at the end for one
  /// or more.
  std::string path;
  std::vector<std::string_view> methods;  ///< "GET" includes HEAD
  Access access = Access::kRead;
  RouteHandler handle;
  BodyPolicy takes_incoming = {};  ///< none: never
};

}  // namespace lossd::http
