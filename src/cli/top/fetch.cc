#include "cli/top/fetch.h"

#include <boost/asio/io_context.hpp>
#include <charconv>
#include <utility>

#include "http/client/client.h"

namespace lossd::cli {
namespace {

constexpr std::size_t kMaxAnswer = 64 << 20;

std::string Decoded(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned code = 0;
    if (text[i] == '%' && i + 2 < text.size() &&
        std::from_chars(text.data() + i + 1, text.data() + i + 3, code, 16).ptr == text.data() + i + 3) {
      plain += static_cast<char>(code);
      i += 2;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

bool IsLoopback(const std::string& host) { return host == "localhost" || host == "::1" || host.starts_with("127."); }

Fetched Take(http::ClientResponse response) {
  if (response.status == 401) return {"", "needs a user: http://USER:PASSWORD@HOST:PORT"};
  if (response.status != 200) return {"", "answers with status " + std::to_string(response.status)};
  return {std::move(response.body), ""};
}

}  // namespace

std::optional<Server> ParseServer(std::string_view text) {
  constexpr std::string_view kSchemeEnd = "://";
  const std::size_t scheme_end = text.find(kSchemeEnd);
  std::string scheme = "http://";
  if (scheme_end != std::string_view::npos) {
    scheme = text.substr(0, scheme_end + kSchemeEnd.size());
    text.remove_prefix(scheme.size());
  }
  Server server;
  const std::size_t at = text.substr(0, text.find('/')).rfind('@');
  if (at != std::string_view::npos) {
    const std::string_view user = text.substr(0, at), name = user.substr(0, user.find(':'));
    server.username = Decoded(name);
    if (name.size() < user.size()) server.password = Decoded(user.substr(name.size() + 1));
    text.remove_prefix(at + 1);
  }
  auto url = http::ParseUrl(scheme + std::string(text));
  if (!url || url->target.find('?') != std::string::npos) return std::nullopt;
  server.url = *std::move(url);
  const std::string_view authority = text.substr(0, text.find('/'));
  const bool has_port = authority.substr(authority.rfind(']') + 1).find(':') != std::string_view::npos;
  if (!has_port && !server.url.tls) server.url.port = "10333";
  while (server.url.target.ends_with('/')) server.url.target.pop_back();
  return server;
}

Fetched Fetch(const Server& server, const std::string& target, std::chrono::milliseconds timeout) {
  http::ClientOptions options;
  options.insecure_skip_verify = IsLoopback(server.url.host);
  options.username = server.username;
  options.password = server.password;
  options.timeout = timeout;
  options.max_body_bytes = kMaxAnswer;
  http::ClientRequest request{.url = server.url};
  request.url.target += target;
  boost::asio::io_context io;
  Fetched fetched;
  http::Fetch(io, std::move(request), options, [&fetched](auto answer) {
    fetched = answer ? Take(std::move(*answer)) : Fetched{"", answer.error().reason};
  });
  io.run();
  return fetched;
}

}  // namespace lossd::cli
