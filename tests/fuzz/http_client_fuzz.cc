// A server that answers with any bytes: what is asked of it ends, with an answer within its bound or with a reason.
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <memory>
#include <string>

#include "fuzz/require.h"
#include "http/client/client.h"

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using lossd::fuzz::Require;
using namespace lossd::http;

/// Sends the bytes once something was asked, and ends its side.
struct Answerer : std::enable_shared_from_this<Answerer> {
  Answerer(tcp::socket socket_, const std::string& bytes_) : socket(std::move(socket_)), bytes(bytes_) {}
  void Start() {
    socket.async_read_some(
        asio::buffer(asked), [self = shared_from_this()](boost::system::error_code error, std::size_t) {
          if (error) return;
          asio::async_write(self->socket, asio::buffer(self->bytes), [self](boost::system::error_code, std::size_t) {
            boost::system::error_code ignored;
            self->socket.shutdown(tcp::socket::shutdown_send, ignored);
          });
        });
  }
  tcp::socket socket;
  const std::string& bytes;
  char asked[4096];
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kLimit = 4096;
  const std::string bytes = lossd::fuzz::Text(data, size);
  asio::io_context io;
  tcp::acceptor acceptor(io, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  acceptor.async_accept([&](boost::system::error_code error, tcp::socket socket) {
    if (!error) std::make_shared<Answerer>(std::move(socket), bytes)->Start();
  });
  ClientRequest request;
  request.url.host = "127.0.0.1";
  request.url.port = std::to_string(acceptor.local_endpoint().port());
  ClientOptions options;
  options.max_body_bytes = kLimit;
  options.timeout = std::chrono::seconds(5);
  int calls = 0;
  const auto give_up =
      Fetch(io, std::move(request), options, [&](const boost::system::result<ClientResponse, ClientError>& answer) {
        ++calls;
        if (answer) Require(answer->body.size() <= kLimit);
        if (!answer) Require(!answer.error().reason.empty());
      });
  const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (calls == 0 && std::chrono::steady_clock::now() < limit) io.run_one_for(std::chrono::milliseconds(100));
  Require(calls == 1);
  acceptor.close();
  io.run_for(std::chrono::milliseconds(100));
  give_up();
  Require(calls == 1);
  return 0;
}
