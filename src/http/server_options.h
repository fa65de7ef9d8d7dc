// The limits of the HTTP server, apart from its header so that the configuration need not see the network library.
#pragma once

#include <chrono>
#include <cstddef>

namespace lossd::http {

struct ServerOptions {
  std::size_t max_body_bytes = 8 << 20;     ///< as sent, and again after decompression: beyond it 413
  std::size_t max_header_bytes = 16 << 10;  ///< beyond it 431
  /// Beyond it a new connection takes the place of the one that has kept us waiting for longest (for a head, a body, or
  /// to take its answer); where none has for `crowded_wait`, it gets 503 and is closed.
  std::size_t max_connections = 512;
  std::chrono::milliseconds crowded_wait{1'000};
  std::chrono::milliseconds header_timeout{10'000};  ///< from the first byte of a request to the end of its head
  std::chrono::milliseconds body_timeout{30'000};    ///< from there to the end of its body; a timeout gives 408
  std::chrono::milliseconds idle_timeout{75'000};    ///< between two requests of a connection
  std::chrono::milliseconds write_timeout{30'000};   ///< of one whole response
  /// After a response that ends the connection, wait this long for the client to close first: closing over bytes that
  /// were never read resets the connection, and the client may lose the answer.
  std::chrono::milliseconds linger_timeout{2'000};
};

}  // namespace lossd::http
