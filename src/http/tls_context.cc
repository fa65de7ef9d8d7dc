#include "http/tls_context.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <cerrno>
#include <cstdio>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

namespace lossd::http {
namespace {

/// The library's first complaint, which is the one nearest to the cause.
std::string LibraryReason() {
  const unsigned long error = ERR_get_error();
  ERR_clear_error();
  if (error == 0) return "unknown error";
  if (ERR_GET_LIB(error) == ERR_LIB_SYS || ERR_SYSTEM_ERROR(error)) {
    return std::generic_category().message(static_cast<int>(ERR_GET_REASON(error)));
  }
  const char* const reason = ERR_reason_error_string(error);
  return reason == nullptr ? "error " + std::to_string(error) : reason;
}

/// What keeps a file from being read, in the system's words: the library's are less clear.
std::string WhyUnreadable(const std::string& path) {
  std::FILE* const file = std::fopen(path.c_str(), "rb");
  if (file == nullptr) return path + ": " + std::generic_category().message(errno);
  char byte = 0;
  const bool readable = std::fread(&byte, 1, 1, file) == 1 || std::ferror(file) == 0;
  std::string reason = readable ? "" : path + ": " + std::generic_category().message(errno);
  std::fclose(file);
  return reason;
}

class Maker {
 public:
  Maker(const TlsOptions& options, SSL_CTX* context) : options_(options), context_(context) {}

  std::optional<TlsFault> Make() {
    if (context_ == nullptr) return TlsFault{"cert_file", LibraryReason()};
    // Nobody is there to type one.
    SSL_CTX_set_default_passwd_cb(context_, [](char*, int, int, void*) { return 0; });
    SSL_CTX_set_options(context_, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    SSL_CTX_set_num_tickets(context_, 0);
    SSL_CTX_set_session_cache_mode(context_, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_mode(context_, SSL_MODE_RELEASE_BUFFERS);
    if (options_.prefer_server_cipher_suites) SSL_CTX_set_options(context_, SSL_OP_CIPHER_SERVER_PREFERENCE);
    SetVersions();
    if (auto fault = LoadCertificate()) return fault;
    if (auto fault = LoadAuthorities()) return fault;
    if (auto fault = SetCiphers()) return fault;
    return SetCurves();
  }

 private:
  void SetVersions() {
    const auto number = [](TlsVersion version) { return version == TlsVersion::k12 ? TLS1_2_VERSION : TLS1_3_VERSION; };
    SSL_CTX_set_min_proto_version(context_, number(options_.min_version));
    SSL_CTX_set_max_proto_version(context_, number(options_.max_version));
  }

  std::optional<TlsFault> LoadCertificate() {
    if (std::string reason = WhyUnreadable(options_.cert_file); !reason.empty()) return TlsFault{"cert_file", reason};
    if (std::string reason = WhyUnreadable(options_.key_file); !reason.empty()) return TlsFault{"key_file", reason};
    ERR_clear_error();
    if (SSL_CTX_use_certificate_chain_file(context_, options_.cert_file.c_str()) != 1) {
      return TlsFault{"cert_file", options_.cert_file + ": no certificate in PEM: " + LibraryReason()};
    }
    if (SSL_CTX_use_PrivateKey_file(context_, options_.key_file.c_str(), SSL_FILETYPE_PEM) != 1) {
      return TlsFault{"key_file", options_.key_file + ": no private key for this certificate, in PEM and without a " +
                                      "passphrase: " + LibraryReason()};
    }
    return std::nullopt;
  }

  std::optional<TlsFault> LoadAuthorities() {
    using enum ClientCertificate;
    const ClientCertificate wanted = options_.client_auth_type;
    const bool verifies = Verifies(wanted);
    if (verifies) {
      const std::string& path = options_.client_ca_file;
      if (std::string reason = WhyUnreadable(path); !reason.empty()) return TlsFault{"client_ca_file", reason};
      ERR_clear_error();
      STACK_OF(X509_NAME)* const names = SSL_load_client_CA_file(path.c_str());
      if (names == nullptr || SSL_CTX_load_verify_locations(context_, path.c_str(), nullptr) != 1) {
        sk_X509_NAME_pop_free(names, X509_NAME_free);
        return TlsFault{"client_ca_file", path + ": no certificate in PEM: " + LibraryReason()};
      }
      SSL_CTX_set_client_CA_list(context_, names);
    }
    if (wanted == kNone) return std::nullopt;
    int mode = SSL_VERIFY_PEER;
    if (wanted == kRequireAny || wanted == kRequireAndVerify) mode |= SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
    const SSL_verify_cb take_any = [](int, X509_STORE_CTX*) { return 1; };
    SSL_CTX_set_verify(context_, mode, verifies ? nullptr : take_any);
    return std::nullopt;
  }

  /// Names by IANA in those of the library. Suites of TLS 1.3 are set apart from the others.
  std::optional<TlsFault> SetCiphers() {
    if (options_.cipher_suites.empty()) return std::nullopt;
    SSL_CTX_set_cipher_list(context_, "ALL");
    std::string suites, ciphers;
    for (const std::string& wanted : options_.cipher_suites) {
      const SSL_CIPHER* const cipher = Find(wanted);
      if (cipher == nullptr) return TlsFault{"cipher_suites", "unknown cipher suite: " + wanted};
      std::string& list = SSL_CIPHER_get_protocol_id(cipher) >> 8 == 0x13 ? suites : ciphers;
      list += (list.empty() ? "" : ":") + std::string(SSL_CIPHER_get_name(cipher));
    }
    if (ciphers.empty() && options_.min_version == TlsVersion::k12) {
      return TlsFault{"cipher_suites", "names none of TLS 1.2: add one, or set min_version to TLS13"};
    }
    ERR_clear_error();
    if ((!ciphers.empty() && SSL_CTX_set_cipher_list(context_, ciphers.c_str()) != 1) ||
        (!suites.empty() && SSL_CTX_set_ciphersuites(context_, suites.c_str()) != 1)) {
      return TlsFault{"cipher_suites", LibraryReason()};
    }
    return std::nullopt;
  }

  const SSL_CIPHER* Find(std::string_view name) const {
    const STACK_OF(SSL_CIPHER)* const known = SSL_CTX_get_ciphers(context_);
    for (int i = 0; i < sk_SSL_CIPHER_num(known); ++i) {
      const SSL_CIPHER* const cipher = sk_SSL_CIPHER_value(known, i);
      if (const char* const standard = SSL_CIPHER_standard_name(cipher); standard != nullptr && name == standard) {
        return cipher;
      }
    }
    return nullptr;
  }

  std::optional<TlsFault> SetCurves() {
    constexpr std::pair<std::string_view, std::string_view> kCurves[] = {
        {"CurveP256", "P-256"}, {"CurveP384", "P-384"}, {"CurveP521", "P-521"}, {"X25519", "X25519"}};
    std::string groups;
    for (const std::string& wanted : options_.curve_preferences) {
      const std::size_t before = groups.size();
      for (const auto& [name, group] : kCurves) {
        if (name == wanted) groups.append(groups.empty() ? "" : ":").append(group);
      }
      if (groups.size() == before) return TlsFault{"curve_preferences", "unknown curve: " + wanted};
    }
    ERR_clear_error();
    if (!groups.empty() && SSL_CTX_set1_groups_list(context_, groups.c_str()) != 1) {
      return TlsFault{"curve_preferences", LibraryReason()};
    }
    return std::nullopt;
  }

  const TlsOptions& options_;
  SSL_CTX* context_;
};

}  // namespace

boost::system::result<std::shared_ptr<TlsContext>, TlsFault> MakeTlsContext(const TlsOptions& options) {
  auto made =
      std::make_shared<TlsContext>(TlsContext{boost::asio::ssl::context(boost::asio::ssl::context::tls_server)});
  if (auto fault = Maker(options, made->context.native_handle()).Make()) return std::move(*fault);
  return made;
}

}  // namespace lossd::http
