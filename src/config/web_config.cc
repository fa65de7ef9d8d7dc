#include "config/web_config.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <string_view>

#include "config/yaml/yaml_document.h"
#include "http/tls_context.h"

namespace lossd::config {
namespace {

constexpr std::size_t kShortestToken = 16;
constexpr int kHighestCost = 16;  // four seconds of a core for each new password

std::string CheckUser(const std::string& name) {
  if (name.empty()) return "a user needs a name";
  return name.find(':') == std::string::npos ? "" : "the name of a user must not hold a colon";
}

std::string CheckHash(const std::string& hash) {
  return IsBcryptHash(hash) ? ""
                            : "want a bcrypt hash ($2y$10$..., with a cost of at most 16), as htpasswd -nB makes it";
}

std::string CheckToken(const std::string& token) {
  if (token.starts_with(kTokenDigestPrefix)) {
    const std::string_view digits = std::string_view(token).substr(kTokenDigestPrefix.size());
    const bool hexadecimal = digits.find_first_not_of("0123456789abcdef") == std::string_view::npos;
    return digits.size() == 64 && hexadecimal ? "" : "want 64 hexadecimal digits in lower case behind sha256:";
  }
  if (token.size() < kShortestToken) return "too short to be a secret: want 16 characters or more";
  const bool printable = std::ranges::all_of(token, [](char c) { return c > ' ' && c <= '~'; });
  return printable ? "" : "want printable ASCII without blanks";
}

std::string CheckPath(const std::string& path) { return path.starts_with('/') ? "" : "want a path that begins with /"; }

std::string CheckHost(const std::string& host) {
  return host.empty() || host.find_first_of("/: ") != std::string::npos ? "want a host's name without a port, or *"
                                                                        : "";
}

std::string CheckHeaderName(const std::string& name) {
  constexpr std::array<std::string_view, 5> kTaken = {"Content-Security-Policy", "X-Frame-Options",
                                                      "X-Content-Type-Options", "X-XSS-Protection",
                                                      "Strict-Transport-Security"};
  if (std::ranges::find(kTaken, name) != kTaken.end()) return "";
  std::string known;
  for (const std::string_view header : kTaken) known.append(known.empty() ? "" : ", ").append(header);
  return "not a header that may be set; these may: " + known;
}

std::string CheckHeaderValue(const std::string& value) {
  const bool printable = std::ranges::all_of(value, [](char c) { return c >= ' ' && c <= '~'; });
  return printable ? "" : "want printable ASCII on one line";
}

http::TlsVersion Version(YamlSection& section, const std::string& name, http::TlsVersion fallback) {
  auto version = static_cast<std::size_t>(fallback);
  section.Choice(name, version, {"TLS12", "TLS13"});
  return static_cast<http::TlsVersion>(version);
}

void ReadTls(YamlSection& section, const std::string& directory, WebConfigDocument& document) {
  using enum http::ClientCertificate;
  const auto path = [&](const std::string& name, std::string& target) {
    section.Text(name, target);
    if (!target.empty() && target[0] != '/') target.insert(0, directory);
  };
  http::TlsOptions tls;
  path("cert_file", tls.cert_file);
  path("key_file", tls.key_file);
  std::size_t wanted = 0;
  section.Choice("client_auth_type", wanted,
                 {"NoClientCert", "RequestClientCert", "RequireAnyClientCert", "VerifyClientCertIfGiven",
                  "RequireAndVerifyClientCert", "RequireClientCert"});
  constexpr http::ClientCertificate kTypes[] = {kNone,          kRequest,          kRequireAny,
                                                kVerifyIfGiven, kRequireAndVerify, kRequireAny};
  tls.client_auth_type = kTypes[wanted];
  path("client_ca_file", tls.client_ca_file);
  tls.min_version = Version(section, "min_version", tls.min_version);
  tls.max_version = Version(section, "max_version", tls.max_version);
  section.Texts("cipher_suites", tls.cipher_suites);
  section.Texts("curve_preferences", tls.curve_preferences);
  section.Flag("prefer_server_cipher_suites", tls.prefer_server_cipher_suites);

  const bool verifies = http::Verifies(tls.client_auth_type);
  bool whole = true;
  const auto require = [&](bool holds, const std::string& name, const std::string& reason) {
    if (!holds) section.Fail(name, reason);
    whole = whole && holds;
  };
  require(!tls.cert_file.empty(), "cert_file", "is missing");
  require(!tls.key_file.empty(), "key_file", "is missing");
  require(!verifies || !tls.client_ca_file.empty(), "client_ca_file", "is missing: client_auth_type asks for it");
  require(verifies || tls.client_ca_file.empty(), "client_ca_file",
          "does nothing unless client_auth_type is VerifyClientCertIfGiven or RequireAndVerifyClientCert");
  require(tls.min_version <= tls.max_version, "max_version", "is lower than min_version");
  if (!whole) return;
  document.config.tls = std::move(tls);
  auto context = http::MakeTlsContext(*document.config.tls);
  if (!context) return section.Fail(context.error().option, context.error().reason);
  document.tls = *std::move(context);
}

void ReadWeb(YamlSection& section, const std::string& directory, WebConfigDocument& document) {
  WebConfig& config = document.config;
  const bool speaks_tls = section.Has("tls_server_config");
  section.Section("tls_server_config", [&](YamlSection& tls) {
    if (speaks_tls) ReadTls(tls, directory, document);
  });
  section.Section("http_server_config", [&](YamlSection& server) {
    bool http2 = false;
    server.Flag("http2", http2);
    if (http2) server.Fail("http2", "lossd speaks HTTP/1.1 alone: want false");
    core::Labels headers;
    server.Map("headers", headers, CheckHeaderName, CheckHeaderValue);
    config.headers.assign(headers.begin(), headers.end());
  });
  section.Map("basic_auth_users", config.basic_auth_users, CheckUser, CheckHash);
  section.Texts("bearer_tokens", config.bearer_tokens, CheckToken);
  section.Texts("allowed_hosts", config.allowed_hosts, CheckHost);
  section.Texts("unauthenticated_paths", config.unauthenticated_paths, CheckPath);
}

/// Which configuration's keys a file has at its top.
struct Kinds {
  bool web = false, plain = false;
  bool operator==(const Kinds&) const = default;
};

Kinds KindsOf(const std::string& path) {
  Kinds kinds;
  LoadYaml(path, [&kinds](YamlSection& section) {
    for (const char* name : {"tls_server_config", "http_server_config", "basic_auth_users", "bearer_tokens",
                             "allowed_hosts", "unauthenticated_paths"}) {
      kinds.web = kinds.web || section.Has(name);
    }
    for (const auto& [key, about] : ConfigKeys()) {
      kinds.plain = kinds.plain || section.Has(key.substr(0, key.find_first_of(".[")));
    }
  });
  return kinds;
}

}  // namespace

bool IsBcryptHash(const std::string& text) {
  constexpr std::size_t kLength = 60;
  constexpr std::string_view kAlphabet = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (text.size() != kLength || !text.starts_with("$2") ||
      std::string_view("aby").find(text[2]) == std::string_view::npos || text[3] != '$' || !is_digit(text[4]) ||
      !is_digit(text[5]) || text[6] != '$') {
    return false;
  }
  const int cost = (text[4] - '0') * 10 + (text[5] - '0');
  return cost >= 4 && cost <= kHighestCost && text.find_first_not_of(kAlphabet, 7) == std::string::npos;
}

bool IsWebConfig(const std::string& path) { return KindsOf(path) == Kinds{.web = true, .plain = false}; }
bool IsPlainConfig(const std::string& path) { return KindsOf(path) == Kinds{.web = false, .plain = true}; }

WebConfigDocument LoadWebConfig(const std::string& path) {
  WebConfigDocument document;
  const std::size_t slash = path.rfind('/');
  const std::string directory = slash == std::string::npos ? "" : path.substr(0, slash + 1);
  YamlFindings findings = LoadYaml(path, [&](YamlSection& section) { ReadWeb(section, directory, document); });
  document.errors = std::move(findings.errors);
  return document;
}

}  // namespace lossd::config
