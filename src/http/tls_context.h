// Certificates, keys and the rules of TLS, as loaded at one moment.
#pragma once

#include <boost/asio/ssl/context.hpp>
#include <boost/system/result.hpp>
#include <memory>
#include <string>

#include "http/tls_options.h"

namespace lossd::http {

/// Never changes once it is made: new files make a new one. Shared by the connections that began with it.
struct TlsContext {
  boost::asio::ssl::context context;
};

struct TlsFault {
  std::string option;  ///< the member of TlsOptions that is wrong
  std::string reason;
};

/// Loads what the options name. No passphrase is asked for, and no session is resumed: each connection is verified
/// anew.
boost::system::result<std::shared_ptr<TlsContext>, TlsFault> MakeTlsContext(const TlsOptions& options);

}  // namespace lossd::http
