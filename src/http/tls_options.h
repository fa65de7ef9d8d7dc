// How the server speaks TLS, apart from its context so that the configuration need not see the cryptographic library.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace lossd::http {

/// The first three ask for no authority.
enum class ClientCertificate : std::uint8_t {
  kNone,
  kRequest,           ///< asked for, and taken whatever it is
  kRequireAny,        ///< must be there, whoever signed it
  kVerifyIfGiven,     ///< where there is one, an authority of ours must have signed it
  kRequireAndVerify,  ///< must be there and signed
};

/// Whether certificates are checked against `client_ca_file`.
constexpr bool Verifies(ClientCertificate wanted) {
  return wanted == ClientCertificate::kVerifyIfGiven || wanted == ClientCertificate::kRequireAndVerify;
}

enum class TlsVersion : std::uint8_t { k12, k13 };

struct TlsOptions {
  std::string cert_file;  ///< PEM: the server's certificate, then those that lead to its authority
  std::string key_file;   ///< PEM, without a passphrase
  ClientCertificate client_auth_type = ClientCertificate::kNone;
  std::string client_ca_file;  ///< PEM
  TlsVersion min_version = TlsVersion::k12;
  TlsVersion max_version = TlsVersion::k13;
  std::vector<std::string> cipher_suites;      ///< names as IANA writes them; empty: the library's choice
  std::vector<std::string> curve_preferences;  ///< CurveP256, CurveP384, CurveP521, X25519; empty: the library's choice
  bool prefer_server_cipher_suites = true;
};

}  // namespace lossd::http
