// How the configuration says who asks a server over HTTP, by the keys of Prometheus.
#pragma once

#include "config/yaml/yaml_section.h"
#include "http/client/client.h"

namespace lossd::config {

/// `timeout`, `basic_auth` {username, password, password_file}, `bearer_token`, `bearer_token_file`, `tls_config`
/// {ca_file, cert_file, key_file, server_name, insecure_skip_verify} of `section`.
void ReadHttpClient(YamlSection& section, http::ClientOptions& options);

/// `ca_file`, `cert_file`, `key_file` of `tls`: a certificate and its key come together.
void ReadCertificates(YamlSection& tls, std::string& ca_file, std::string& cert_file, std::string& key_file);

/// What is wrong with the name of a label that is to be added; "" for nothing.
std::string CheckAddedLabel(const std::string& name);

}  // namespace lossd::config
