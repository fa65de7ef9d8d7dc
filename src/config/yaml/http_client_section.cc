#include "config/yaml/http_client_section.h"

#include <chrono>

#include "core/name_rules.h"

namespace lossd::config {

void ReadHttpClient(YamlSection& section, http::ClientOptions& options) {
  section.Time("timeout", options.timeout, std::chrono::milliseconds(100), std::chrono::minutes(5));
  section.Section("basic_auth", [&](YamlSection& basic) {
    basic.Text("username", options.username);
    basic.Text("password", options.password);
    basic.Text("password_file", options.password_file);
    if (!options.password.empty() && !options.password_file.empty()) {
      basic.Fail("password_file", "given together with password");
    }
  });
  section.Text("bearer_token", options.bearer_token);
  section.Text("bearer_token_file", options.bearer_token_file);
  if (!options.bearer_token.empty() && !options.bearer_token_file.empty()) {
    section.Fail("bearer_token_file", "given together with bearer_token");
  }
  section.Section("tls_config", [&](YamlSection& tls) {
    ReadCertificates(tls, options.ca_file, options.cert_file, options.key_file);
    tls.Text("server_name", options.server_name);
    tls.Flag("insecure_skip_verify", options.insecure_skip_verify);
  });
}

void ReadCertificates(YamlSection& tls, std::string& ca_file, std::string& cert_file, std::string& key_file) {
  tls.Text("ca_file", ca_file);
  tls.Text("cert_file", cert_file);
  tls.Text("key_file", key_file);
  if (cert_file.empty() != key_file.empty()) {
    tls.Fail(cert_file.empty() ? "cert_file" : "key_file", "a certificate and its key come together");
  }
}

std::string CheckAddedLabel(const std::string& name) {
  return core::IsLabelName(name) ? "" : "no label name, or one that lossd's own metrics use";
}

}  // namespace lossd::config
