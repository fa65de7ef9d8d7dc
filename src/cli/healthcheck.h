// `lossd healthcheck`: a probe for containers that have no curl.
#pragma once

#include <iosfwd>
#include <string>

namespace lossd::cli {

/// Asks `/-/ready` of the lossd that listens on `address` ("host:port", ":port" or "[v6]:port", as given to
/// --web.listen-address), by TLS where the web configuration ("": none) says so. Returns the exit status: 0 where it is
/// ready, else 1, with the reason on `err`.
int RunHealthcheck(const std::string& address, const std::string& web_config_file, std::ostream& err);

}  // namespace lossd::cli
