// A body that is made while it is sent: a large page, a stream of events, an answer that comes from elsewhere.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace lossd::http {

/// Pulled by the session that sends it: the next piece is asked for when the client has taken the one before, so that a
/// slow client holds one piece in memory and no more. Lives on the io_context's thread, and is destroyed as soon as it
/// has ended or its client has gone.
///
/// To HTTP/1.1 it goes out chunked, to HTTP/1.0 until the end of the connection; where the client takes gzip (and the
/// response names no Content-Encoding of its own), packed, and flushed whenever the stream has to wait. Each piece has
/// ServerOptions::write_timeout to be taken.
class BodyStream {
 public:
  enum class Next : std::uint8_t {
    kMore,   ///< ask again once what was appended is on its way
    kWait,   ///< ask again after `wake`; what was appended goes out before
    kEnd,    ///< what was appended is the last of it
    kBreak,  ///< the rest cannot be had: the connection is cut, so that the client sees that the body is not whole
  };

  virtual ~BodyStream() = default;

  /// Appends what comes next to `piece`, which is empty: some 16 to 64 KiB serve both throughput and memory. Work of
  /// one call holds up everybody else, so it must be bounded. An exception counts as kBreak.
  virtual Next Pull(std::string& piece) = 0;

  /// Given once, before the first Pull: to be called after kWait when there is more, on the io_context's thread, at any
  /// time, from anywhere and as often as one likes; after the end of the stream it does nothing.
  virtual void SetWake(std::function<void()> wake) { (void)wake; }

  /// The server is shutting down. A stream with no end of its own gives kEnd at its next Pull, which follows at once.
  virtual void Drain() {}
};

}  // namespace lossd::http
