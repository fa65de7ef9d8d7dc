// Where a program on this machine reaches the lossd that listens on an address.
#pragma once

#include <string>

#include "http/client/url.h"

namespace lossd::cli {

/// `address` is one of --web.listen-address: "host:port", ":port" or "[v6]:port".
http::Url LocalServer(const std::string& address, bool tls);

}  // namespace lossd::cli
