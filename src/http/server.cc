#include "http/server.h"

#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <boost/asio/error.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <charconv>
#include <list>
#include <vector>

#include "http/session.h"

namespace lossd::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr std::chrono::milliseconds kAcceptBackoff{100};
/// What the kernel may hold of an answer beyond what is on its way: a thousand clients that take nothing are memory,
/// too.
constexpr int kMostUnsent = 128 * 1024;
constexpr std::size_t kMaxRefusals = 64;  // refusals under way at once; beyond it a connection is closed without a word

struct Address {
  std::string host, port;
};

std::optional<Address> SplitAddress(std::string_view address) {
  const auto colon = address.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view host = address.substr(0, colon);
  const std::string_view port = address.substr(colon + 1);
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return std::nullopt;
  }
  std::uint16_t number = 0;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
  if (error != std::errc() || end != port.data() + port.size()) return std::nullopt;
  return Address{std::string(host), std::string(port)};
}

error_code Open(tcp::acceptor& acceptor, const tcp::endpoint& endpoint, bool any_family) {
  error_code error;
  acceptor.open(endpoint.protocol(), error);
  // A program that the owner starts must not keep the port.
  if (!error) ::fcntl(acceptor.native_handle(), F_SETFD, FD_CLOEXEC);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error && endpoint.protocol() == tcp::v6()) acceptor.set_option(asio::ip::v6_only(!any_family), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(tcp::acceptor::max_listen_connections, error);
  return error;
}

}  // namespace

struct Server::Impl : std::enable_shared_from_this<Server::Impl> {
  explicit Impl(asio::io_context& context) : io(context), grace(context) {}

  struct Listener {
    Listener(asio::io_context& context, unsigned number_) : number(number_), acceptor(context), backoff(context) {}
    unsigned number;
    tcp::acceptor acceptor;
    asio::steady_timer backoff;
  };

  void Accept(Listener& listener);
  void Take(tcp::socket socket, unsigned listener);
  bool MakeRoom(const tcp::socket& newcomer, unsigned listener);
  void StopAccepting();
  void AbortAll();

  asio::io_context& io;
  std::shared_ptr<SessionHost> host = std::make_shared<SessionHost>();
  std::list<Listener> listeners;
  asio::steady_timer grace;
  std::function<void()> done;
};

void Server::Impl::Accept(Listener& listener) {
  listener.acceptor.async_accept([self = shared_from_this(), &listener](const error_code& error, tcp::socket socket) {
    if (error == asio::error::operation_aborted || !listener.acceptor.is_open()) return;
    if (!error) self->Take(std::move(socket), listener.number);
    if (!error || error == asio::error::connection_aborted) return self->Accept(listener);
    // Out of file descriptors or memory: asking again at once would only spin.
    listener.backoff.expires_after(kAcceptBackoff);
    listener.backoff.async_wait([self, &listener](const error_code& cancelled) {
      if (!cancelled && listener.acceptor.is_open()) self->Accept(listener);
    });
  });
}

void Server::Impl::Take(tcp::socket socket, unsigned listener) {
  // Those that are only told that there is no room linger, and take no place.
  const std::size_t served = host->eviction.size();
  error_code ignored;
  socket.set_option(tcp::no_delay(true), ignored);
  ::setsockopt(socket.native_handle(), IPPROTO_TCP, TCP_NOTSENT_LOWAT, &kMostUnsent, sizeof kMostUnsent);
  if (served < host->options.max_connections || MakeRoom(socket, listener)) {
    ++host->stats.connections_accepted;
    std::make_shared<Session>(std::move(socket), host, listener)->Start();
    return;
  }
  ++host->stats.connections_refused;
  // A handshake for each would be the very work that the limit is there to bound.
  if (host->tls) return;
  const std::size_t leaving = host->sessions.size() - host->eviction.size();
  if (leaving < kMaxRefusals) std::make_shared<Session>(std::move(socket), host, listener)->Refuse();
}

/// Or a few clients could keep everybody else out.
bool Server::Impl::MakeRoom(const tcp::socket& newcomer, unsigned listener) {
  error_code error;
  const auto remote = newcomer.remote_endpoint(error);
  if (error) return false;
  const auto* const found = host->eviction.Find({ClientOf(remote.address()), listener},
                                                std::chrono::steady_clock::now(), host->options.crowded_wait);
  if (found == nullptr) return false;
  ++host->stats.connections_refused;
  found->session()->Abort();
  return true;
}

void Server::Impl::StopAccepting() {
  error_code ignored;
  for (auto& listener : listeners) {
    listener.acceptor.close(ignored);
    listener.backoff.cancel();
  }
}

void Server::Impl::AbortAll() {
  // A session may end, and leave the set, while it is aborted.
  const std::vector<Session*> sessions(host->sessions.begin(), host->sessions.end());
  for (Session* session : sessions) session->Abort();
}

Server::Server(asio::io_context& io, ServerOptions options, Handler handler)
    : Server(io, options, [handle = std::move(handler)](const Request& request, const std::function<void(Response)>&) {
        return std::optional(handle(request));
      }) {}

Server::Server(asio::io_context& io, ServerOptions options, AsyncHandler handler) : impl_(std::make_shared<Impl>(io)) {
  impl_->host->options = options;
  impl_->host->handler = std::move(handler);
}

Server::~Server() {
  impl_->StopAccepting();
  impl_->grace.cancel();
  impl_->host->on_last_gone = nullptr;
  impl_->AbortAll();
}

void Server::ObserveExceptions(ExceptionObserver observer) { impl_->host->on_exception = std::move(observer); }

void Server::SetGate(Gate gate) { impl_->host->gate = std::move(gate); }

void Server::SetBodyPolicy(BodyPolicy takes_incoming) { impl_->host->takes_incoming = std::move(takes_incoming); }

void Server::SetTls(std::shared_ptr<TlsContext> context) { impl_->host->tls = std::move(context); }

void Server::SetHeaders(std::vector<std::pair<std::string, std::string>> headers) {
  impl_->host->headers = std::move(headers);
}

boost::system::result<tcp::endpoint> Server::Listen(const std::string& address) {
  const auto parts = SplitAddress(address);
  if (!parts) return error_code(boost::system::errc::invalid_argument, boost::system::generic_category());
  auto& listener = impl_->listeners.emplace_back(impl_->io, static_cast<unsigned>(impl_->listeners.size()));
  error_code error;
  if (parts->host.empty()) {
    const auto port = static_cast<std::uint16_t>(std::stoi(parts->port));
    error = Open(listener.acceptor, tcp::endpoint(tcp::v6(), port), true);
    // A kernel without IPv6.
    if (error == asio::error::address_family_not_supported) {
      error = Open(listener.acceptor, tcp::endpoint(tcp::v4(), port), true);
    }
  } else {
    tcp::resolver resolver(impl_->io);
    const auto found =
        resolver.resolve(parts->host, parts->port, tcp::resolver::passive | tcp::resolver::numeric_service, error);
    if (!error) error = Open(listener.acceptor, found.begin()->endpoint(), false);
  }
  const tcp::endpoint local = error ? tcp::endpoint() : listener.acceptor.local_endpoint(error);
  if (error) {
    impl_->listeners.pop_back();
    return error;
  }
  impl_->Accept(listener);
  return local;
}

void Server::Drain(std::chrono::milliseconds grace, std::function<void()> done) {
  impl_->StopAccepting();
  impl_->done = std::move(done);
  impl_->host->draining = true;
  impl_->host->on_last_gone = [impl = impl_.get()] {
    impl->grace.cancel();
    // Posted: this runs in the destructor of a session, which may be inside a call of anybody.
    if (impl->done) asio::post(impl->io, std::exchange(impl->done, nullptr));
  };
  if (impl_->host->sessions.empty()) return impl_->host->on_last_gone();
  for (Session* session : impl_->host->sessions) session->Drain();
  impl_->grace.expires_after(grace);
  impl_->grace.async_wait([impl = impl_](const error_code& cancelled) {
    if (!cancelled) impl->AbortAll();
  });
}

const ServerStats& Server::stats() const { return impl_->host->stats; }

}  // namespace lossd::http
