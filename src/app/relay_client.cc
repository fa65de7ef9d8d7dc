#include "app/relay_client.h"

#include <sys/socket.h>

#include <utility>

namespace lossd::app {

using boost::asio::posix::stream_descriptor;

RelayClient::RelayClient(const cli::DaemonSide& relay, boost::asio::io_context& io, Events events)
    : relay_(relay), events_(std::move(events)), socket_(io) {}

RelayClient::~RelayClient() {
  if (passing_on_.joinable()) passing_on_.join();
}

void RelayClient::Start() {
  cli::SendMessage(relay_.socket, {cli::RelayMessage::Kind::kListening, 0});
  socket_.assign(relay_.socket);
  Wait();
}

void RelayClient::Stop() {
  stopped_ = true;
  boost::system::error_code ignored;
  socket_.cancel(ignored);
}

/// The message may have been there when waiting for it was cancelled.
void RelayClient::Wait() {
  socket_.async_wait(stream_descriptor::wait_read, [this](boost::system::error_code error) {
    if (!error && !stopped_) TakeMessages();
  });
}

void RelayClient::TakeMessages() {
  using Kind = cli::RelayMessage::Kind;
  cli::RelayMessage message;
  ssize_t size = 0;
  while ((size = recv(relay_.socket, &message, sizeof message, MSG_DONTWAIT)) == sizeof message) {
    if (message.kind == Kind::kInterrupted) events_.interrupted();
    if (message.kind == Kind::kOutputEnded) output_ended_ = true;
    if (message.kind == Kind::kCommandEnded) events_.command_ended(message.value);
  }
  if (size != 0) return Wait();
  if (output_ended_) return;
  // Killed, most likely as lossd itself: the training is not to notice.
  passing_on_ = std::thread(relay_.take_over);
  events_.killed();
}

}  // namespace lossd::app
