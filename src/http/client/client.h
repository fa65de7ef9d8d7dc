// Asks an HTTP server for one thing, with or without TLS.
#pragma once

#include <boost/system/result.hpp>
#include <chrono>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "http/client/url.h"

namespace boost::asio {
class io_context;
}

namespace lossd::http {

/// Who we are and whom we trust. Files are read anew for each request, so that a token or a certificate may be
/// replaced.
struct ClientOptions {
  std::string ca_file;  ///< "": the system's authorities
  std::string cert_file, key_file;
  std::string server_name;  ///< "": the URL's host
  bool insecure_skip_verify = false;
  std::string username, password, password_file;
  std::string bearer_token, bearer_token_file;
  std::chrono::milliseconds timeout = std::chrono::seconds(10);  ///< from the first look-up to the last byte
  std::size_t max_body_bytes = std::size_t{16} << 20;            ///< of the answer, decoded as well
};

struct ClientRequest {
  std::string method = "GET";
  Url url;
  std::vector<std::pair<std::string, std::string>> headers = {};  ///< in the place of our own, or beside them
  std::string body = {};
};

struct ClientResponse {
  unsigned status = 0;
  std::vector<std::pair<std::string, std::string>> headers;  ///< names in lower case
  std::string body;                                          ///< content coding undone

  /// First header of that name (lower case), or "".
  std::string_view header(std::string_view name) const;
};

/// In words, for a log: "connection refused", "the certificate is not trusted: ...".
struct ClientError {
  std::string reason;
};

/// Calls `done` exactly once, on the io_context's thread and not from within this call. One connection a request;
/// redirections are answers like any other. What is returned gives the request up: `done` is called with an error, from
/// within, where it was not yet.
std::function<void()> Fetch(boost::asio::io_context& io, ClientRequest request, const ClientOptions& options,
                            std::function<void(boost::system::result<ClientResponse, ClientError>)> done);

}  // namespace lossd::http
