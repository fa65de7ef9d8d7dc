// The limits of the HTTP server, apart from its header so that the configuration need not see the network library.
#pragma once

#include <chrono>
#include <cstddef>

namespace lossd::http {

struct ServerOptions {
  std::size_t max_body_bytes = 8 << 20;     ///< as sent, and again after decompression: beyond it 413
  std::size_t max_header_bytes = 16 << 10;  ///< beyond it 431
  /// Beyond it a new connection takes the place of the least useful one (see EvictionQueue::Find), which has to have
  /// kept us waiting for `crowded_wait` where its client holds no more than the others; without such a one it gets 503
  /// and is closed.
  std::size_t max_connections = 4'096;
  std::chrono::milliseconds crowded_wait{1'000};
  std::chrono::milliseconds header_timeout{10'000};  ///< from the first byte of a request to the end of its head;
                                                     ///< of a TLS handshake, from the connection's begin
  std::chrono::milliseconds body_timeout{30'000};    ///< from there to the end of its body; a timeout gives 408
  std::chrono::milliseconds idle_timeout{75'000};    ///< between two requests of a connection
  std::chrono::milliseconds write_timeout{30'000};   ///< of one whole response, or of one piece of a stream
  /// After a response that ends the connection, wait this long for the client to close first: closing over bytes that
  /// were never read resets the connection, and the client may lose the answer.
  std::chrono::milliseconds linger_timeout{2'000};
};

}  // namespace lossd::http
