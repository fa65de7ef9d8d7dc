// A body that is handed on while it comes in, for whoever passes it on.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace lossd::http {

/// The body of one request, in pieces of at most some 64 KiB, as the client sent it: chunks are taken apart, a content
/// coding is not undone. The next piece is read from the connection only when it is asked for, so that a fast client
/// holds one piece in memory and no more. Each has ServerOptions::body_timeout to come; there is no limit for all of
/// them. Used on the io_context's thread.
class BodySource {
 public:
  enum class Next : std::uint8_t {
    kMore,   ///< there may be another piece
    kEnd,    ///< this, which may be empty, is the last
    kBreak,  ///< the rest does not come: the client has gone, was too slow, or broke HTTP's rules
  };
  using Taker = std::function<void(std::string piece, Next next)>;

  virtual ~BodySource() = default;

  /// Calls `take` once, and not from within this call. Not to be called again before that, nor after kEnd or kBreak.
  virtual void Read(Taker take) = 0;
};

}  // namespace lossd::http
