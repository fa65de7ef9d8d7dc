// The server's front end over a socket: whatever a client sends, it is answered or cut off, and the next client is
// served.
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "fuzz/require.h"
#include "http/server.h"

namespace {

using lossd::fuzz::Require;
namespace asio = boost::asio;
using asio::ip::tcp;
using lossd::http::BodyStream;

/// Some pieces, with pauses.
class Pieces : public BodyStream {
 public:
  Next Pull(std::string& piece) override {
    piece.assign(1000, 'x');
    if (++pulls_ == 5) return Next::kEnd;
    if (pulls_ != 3) return Next::kMore;
    wake_();
    return Next::kWait;
  }
  void SetWake(std::function<void()> wake) override { wake_ = std::move(wake); }

 private:
  int pulls_ = 0;
  std::function<void()> wake_;
};

struct Front {
  Front() {
    lossd::http::ServerOptions options;
    options.max_body_bytes = 4096;
    options.max_header_bytes = 2048;
    options.linger_timeout = std::chrono::milliseconds(20);
    server = std::make_unique<lossd::http::Server>(
        io, options, [](const lossd::http::Request& request, std::function<void(lossd::http::Response)>) {
          Require(request.body.size() <= 4096);
          lossd::http::Response response;
          response.body = request.path + request.query + request.body;
          response.headers.emplace_back("X-Echo", request.path);
          if (request.path.starts_with("/s")) response.stream = std::make_shared<Pieces>();
          return std::optional(response);
        });
    const auto listening = server->Listen("127.0.0.1:0");
    Require(listening.has_value());
    endpoint = *listening;
  }

  /// What comes back until the server has ended the connection.
  std::string Exchange(std::string_view bytes) {
    tcp::socket socket(io);
    boost::system::error_code error = asio::error::in_progress;
    // Not a connect that blocks: libFuzzer's timer would interrupt it.
    socket.async_connect(endpoint, [&error](boost::system::error_code result) { error = result; });
    while (error == asio::error::in_progress) io.run_one();
    Require(!error);
    socket.non_blocking(true);
    std::string received;
    bool ended = false;
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!ended) {
      if (!bytes.empty()) {
        const std::size_t sent = socket.write_some(asio::buffer(bytes.data(), bytes.size()), error);
        bytes.remove_prefix(sent);
        if (error && error != asio::error::would_block) bytes = {};
        if (bytes.empty()) socket.shutdown(tcp::socket::shutdown_send, error);
      }
      io.poll();
      char buffer[65536];
      const std::size_t size = socket.read_some(asio::buffer(buffer), error);
      received.append(buffer, size);
      ended = error && error != asio::error::would_block;
      if (!ended && size == 0) io.run_one_for(std::chrono::milliseconds(1));
      Require(std::chrono::steady_clock::now() < limit);
    }
    return received;
  }

  asio::io_context io;
  std::unique_ptr<lossd::http::Server> server;
  tcp::endpoint endpoint;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Front front;
  if (size == 0) return 0;
  front.Exchange({reinterpret_cast<const char*>(data), size});
  Require(
      front.Exchange("GET /next HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").starts_with("HTTP/1.1 200 OK\r\n"));
  return 0;
}
