#include "cli/healthcheck.h"

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <optional>
#include <ostream>
#include <string_view>
#include <utility>

#include "cli/local_server.h"
#include "config/web_config.h"
#include "http/client/client.h"

namespace lossd::cli {

int RunHealthcheck(const std::string& address, const std::string& web_config_file, std::ostream& err) {
  const auto fail = [&](std::string_view reason) {
    err << "lossd: " << address << ": " << reason << '\n';
    return 1;
  };
  bool tls = false;
  if (!web_config_file.empty()) {
    const config::WebConfigDocument document = config::LoadWebConfig(web_config_file);
    if (!document.errors.empty()) return fail(document.errors.front().Text());
    tls = document.config.tls.has_value();
  }
  http::ClientOptions options;
  options.timeout = std::chrono::seconds(5);
  // Whoever answers on this machine's own port needs no proof of who he is, and asks for none of who we are.
  options.insecure_skip_verify = true;
  http::ClientRequest request{.url = LocalServer(address, tls), .headers = {{"Host", "localhost"}}};
  request.url.target = "/-/ready";
  boost::asio::io_context io;
  std::optional<boost::system::result<http::ClientResponse, http::ClientError>> answer;
  http::Fetch(io, std::move(request), options, [&answer](auto result) { answer = std::move(result); });
  io.run();
  if (answer->has_error()) return fail(answer->error().reason);
  const unsigned status = (*answer)->status;
  if (status == 200) return 0;
  if (status == 401) return fail("needs a user: put /-/ready into unauthenticated_paths");
  return fail("not ready (status " + std::to_string(status) + ")");
}

}  // namespace lossd::cli
