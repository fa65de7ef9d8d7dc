// A server and raw client sockets on one io_context that the test itself turns: no thread, no sleep, no fixed port.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "http/server.h"

namespace lossd::http {

/// What came back on a connection, cut at the end of the head.
struct Reply {
  unsigned status = 0;
  std::string head;  ///< status line and fields, in lower case
  std::string body;
  bool has(std::string_view text) const { return head.find(text) != std::string::npos; }
};

class Client {
 public:
  Client(boost::asio::io_context& io, const boost::asio::ip::tcp::endpoint& server) : io_(io), socket_(io) {
    socket_.connect(server);
    socket_.non_blocking(true);
  }

  void Send(std::string_view bytes) {
    while (!bytes.empty()) {
      boost::system::error_code error;
      const std::size_t sent = socket_.write_some(boost::asio::buffer(bytes), error);
      if (error && error != boost::asio::error::would_block)
        return;  // the server has closed; its answer may still be read
      bytes.remove_prefix(sent);
      io_.poll();
    }
  }

  void EndSending() { socket_.shutdown(boost::asio::ip::tcp::socket::shutdown_send); }
  void Close() { socket_.close(); }

  /// The next response: its head, and as much body as its Content-Length says (none for `head_only`).
  Reply Receive(bool head_only = false) {
    Reply reply;
    Turn([&] { return received_.find("\r\n\r\n") != std::string::npos || closed_; });
    const auto end = received_.find("\r\n\r\n");
    if (end == std::string::npos) return reply;
    reply.head = received_.substr(0, end + 2);
    for (char& c : reply.head) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    received_.erase(0, end + 4);
    reply.status = static_cast<unsigned>(std::stoul(reply.head.substr(9, 3)));
    const auto length = reply.head.find("content-length: ");
    if (length != std::string::npos && !head_only) {
      const std::size_t size = std::stoul(reply.head.substr(length + 16));
      Turn([&] { return received_.size() >= size || closed_; });
      reply.body = received_.substr(0, size);
      received_.erase(0, reply.body.size());
    }
    return reply;
  }

  /// The chunks that have come by now and were not yet received, without their framing; "0" ends a body.
  std::vector<std::string> ReceiveChunks(std::size_t at_least) {
    std::vector<std::string> chunks;
    while (chunks.size() < at_least) {
      Turn([&] { return received_.find("\r\n") != std::string::npos || closed_; });
      const auto line = received_.find("\r\n");
      if (line == std::string::npos) break;
      const std::size_t size = std::stoul(received_, nullptr, 16);
      Turn([&] { return received_.size() >= line + 2 + size + 2 || closed_; });
      chunks.push_back(size == 0 ? "0" : received_.substr(line + 2, size));
      received_.erase(0, line + 2 + size + 2);
    }
    return chunks;
  }

  /// Waits for the server to end its side; gives what came before that and was not yet received.
  std::string ReceiveRest() {
    Turn([&] { return closed_; });
    return std::move(received_);
  }
  bool closed() const { return closed_; }

 private:
  void Turn(const std::function<bool()>& until) {
    while (!until()) {
      char bytes[65536];
      boost::system::error_code error;
      const std::size_t size = socket_.read_some(boost::asio::buffer(bytes), error);
      received_.append(bytes, size);
      if (error && error != boost::asio::error::would_block) closed_ = true;
      // Blocks only while there is nothing to do but to wait for a deadline or for the kernel.
      if (size == 0) io_.run_one_for(std::chrono::milliseconds(1));
    }
  }

  boost::asio::io_context& io_;
  boost::asio::ip::tcp::socket socket_;
  std::string received_;
  bool closed_ = false;
};

class ServerTest : public testing::Test {
 protected:
  /// The server starts with the first client, so that a test can set `options` and `handler` before.
  Client Connect() {
    if (!server) {
      server = std::make_unique<Server>(io, options, [this](const Request& request) {
        requests.push_back(request);
        return handler(request);
      });
      server->ObserveExceptions([this](const Request&, std::string_view what) { exceptions.emplace_back(what); });
      const auto listening = server->Listen("127.0.0.1:0");
      EXPECT_TRUE(listening.has_value());
      if (listening) endpoint = *listening;
    }
    return Client(io, endpoint);
  }

  /// One request on a connection of its own.
  Reply Ask(std::string_view bytes) {
    Client client = Connect();
    client.Send(bytes);
    return client.Receive();
  }

  /// Turns the io_context until `condition` holds: what was sent may take a moment, even here.
  void RunUntil(const std::function<bool()>& condition) {
    while (!condition()) io.run_one_for(std::chrono::milliseconds(1));
  }

  boost::asio::io_context io;
  ServerOptions options;
  std::function<Response(const Request&)> handler = [](const Request& request) {
    return Response{.body = request.method + " " + request.path + " " + request.body};
  };
  std::vector<Request> requests;  ///< those that reached the handler
  std::vector<std::string> exceptions;
  boost::asio::ip::tcp::endpoint endpoint;
  std::unique_ptr<Server> server;
};

}  // namespace lossd::http
