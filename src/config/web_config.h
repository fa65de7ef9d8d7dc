// The file of --web.config.file: TLS, who may ask, and headers. Its keys are those of the Prometheus exporters.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/config.h"
#include "http/tls_options.h"

namespace lossd::http {
struct TlsContext;
}

namespace lossd::config {

/// Of a bearer token that is given as the hexadecimal digits of its digest.
inline constexpr std::string_view kTokenDigestPrefix = "sha256:";

struct WebConfig {
  std::optional<http::TlsOptions> tls;  ///< paths as they are to be opened
  std::vector<std::pair<std::string, std::string>> headers;
  std::map<std::string, std::string, std::less<>> basic_auth_users;  ///< name -> bcrypt hash
  /// In clear, or with kTokenDigestPrefix.
  std::vector<std::string> bearer_tokens;
  std::vector<std::string> allowed_hosts;          ///< beside those that are local; see web/request_origin.h
  std::vector<std::string> unauthenticated_paths;  ///< one that ends in "/*" stands for all below it
};

/// With any error, nothing else is to be used, but that config.tls names the files that were tried.
struct WebConfigDocument {
  WebConfig config;
  std::shared_ptr<http::TlsContext> tls;  ///< where config.tls is set and its files are good
  std::vector<ConfigError> errors;        ///< all of them, in order of their place
};

/// Reads the file and the certificates and keys that it names; their paths are relative to the file's directory.
WebConfigDocument LoadWebConfig(const std::string& path);

/// Whether the file at `path` has keys of the web configuration and none of the other: then it is one that was given in
/// the wrong place. False where it cannot be read.
bool IsWebConfig(const std::string& path);
/// The same the other way round.
bool IsPlainConfig(const std::string& path);

/// Whether a text is a bcrypt hash that we can check: $2a$, $2b$ or $2y$, with a cost of 4 to 16.
bool IsBcryptHash(const std::string& text);

}  // namespace lossd::config
