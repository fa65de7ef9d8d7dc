#include "http/client/client_connection.h"

#include <openssl/ssl.h>

#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/detail/base64.hpp>
#include <fstream>

namespace lossd::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;

/// The first line of a file, as tokens and passwords are kept.
std::string ReadSecret(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  if (!std::getline(file, line)) throw ClientError{"cannot read " + path};
  while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.pop_back();
  return line;
}

std::string Base64(const std::string& text) {
  std::string encoded(beast::detail::base64::encoded_size(text.size()), '\0');
  encoded.resize(beast::detail::base64::encode(encoded.data(), text.data(), text.size()));
  return encoded;
}

}  // namespace

std::string Authorization(const ClientOptions& options) {
  if (!options.bearer_token.empty() || !options.bearer_token_file.empty()) {
    return "Bearer " +
           (options.bearer_token_file.empty() ? options.bearer_token : ReadSecret(options.bearer_token_file));
  }
  if (options.username.empty()) return "";
  return "Basic " + Base64(options.username + ':' +
                           (options.password_file.empty() ? options.password : ReadSecret(options.password_file)));
}

std::shared_ptr<TlsContext> MakeClientContext(const ClientOptions& options) {
  auto tls = std::make_shared<TlsContext>(TlsContext{asio::ssl::context(asio::ssl::context::tls_client)});
  SSL_CTX_set_min_proto_version(tls->context.native_handle(), TLS1_2_VERSION);
  boost::system::error_code error;
  if (options.ca_file.empty()) {
    tls->context.set_default_verify_paths(error);
  } else {
    tls->context.load_verify_file(options.ca_file, error);
    if (error) throw ClientError{"cannot read the authorities in " + options.ca_file + ": " + error.message()};
  }
  if (!options.cert_file.empty()) {
    tls->context.use_certificate_chain_file(options.cert_file, error);
    if (error) throw ClientError{"cannot use the certificate " + options.cert_file + ": " + error.message()};
    tls->context.use_private_key_file(options.key_file, asio::ssl::context::pem, error);
    if (error) throw ClientError{"cannot use the key " + options.key_file + ": " + error.message()};
  }
  return tls;
}

asio::awaitable<void> ShakeHands(Stream& stream, const Url& server, const ClientOptions& options) {
  const std::string name = options.server_name.empty() ? server.host : options.server_name;
  SSL_set_tlsext_host_name(stream.tls().native_handle(), name.c_str());
  if (!options.insecure_skip_verify) {
    stream.tls().set_verify_mode(asio::ssl::verify_peer);
    stream.tls().set_verify_callback(asio::ssl::host_name_verification(name));
  }
  co_await stream.tls().async_handshake(asio::ssl::stream_base::client, asio::use_awaitable);
}

}  // namespace lossd::http
