// What a connection to a server needs of who we are and whom we trust. Apart from what is asked.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <string>

#include "http/client/client.h"
#include "http/stream.h"

namespace lossd::http {

/// The value of the header Authorization; "" for none. Throws ClientError where a file cannot be read.
std::string Authorization(const ClientOptions& options);

/// Throws ClientError where a file cannot be used.
std::shared_ptr<TlsContext> MakeClientContext(const ClientOptions& options);

/// Of a stream with TLS. The certificate must be that of the server. Throws boost::system::system_error. What it is
/// called with must outlive it.
boost::asio::awaitable<void> ShakeHands(Stream& stream, const Url& server, const ClientOptions& options);

}  // namespace lossd::http
