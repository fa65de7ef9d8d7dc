#include "web/authenticator.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/sha.h>

#include <algorithm>
#include <boost/beast/core/string.hpp>
#include <charconv>
#include <utility>

#include "web/request_origin.h"

namespace lossd::web {
namespace {

std::array<unsigned char, 32> DigestOf(std::string_view token) {
  std::array<unsigned char, 32> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(token.data()), token.size(), digest.data());
  return digest;
}

std::array<unsigned char, 32> FromHexadecimal(std::string_view digits) {
  std::array<unsigned char, 32> digest{};
  for (std::size_t i = 0; i < digest.size(); ++i) {
    std::from_chars(digits.data() + 2 * i, digits.data() + 2 * i + 2, digest[i], 16);
  }
  return digest;
}

struct Credentials {
  std::string_view scheme, value;
};

Credentials Split(std::string_view authorization) {
  const std::size_t blank = authorization.find(' ');
  if (blank == std::string_view::npos) return {authorization, {}};
  const std::size_t value = authorization.find_first_not_of(' ', blank);
  return {authorization.substr(0, blank), value == std::string_view::npos ? "" : authorization.substr(value)};
}

/// "user:password" in base64; nothing where it is none.
std::optional<std::pair<std::string, std::string>> UserAndPassword(std::string_view encoded) {
  if (encoded.empty() || encoded.size() % 4 != 0) return std::nullopt;
  std::string text(encoded.size() / 4 * 3, '\0');
  const int size =
      EVP_DecodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                      reinterpret_cast<const unsigned char*>(encoded.data()), static_cast<int>(encoded.size()));
  if (size < 0) return std::nullopt;
  // What was padded is decoded to zeros.
  const std::size_t padding = encoded.ends_with("==") ? 2 : encoded.ends_with('=') ? 1 : 0;
  text.resize(static_cast<std::size_t>(size) - padding);
  const std::size_t colon = text.find(':');
  if (colon == std::string::npos) return std::nullopt;
  return std::pair(text.substr(0, colon), text.substr(colon + 1));
}

http::Verdict Busy() {
  http::Response busy;
  busy.status = 503;
  busy.body = "too many passwords are being checked\n";
  busy.headers.emplace_back("Retry-After", "5");
  return {std::move(busy)};
}

}  // namespace

Authenticator::Authenticator(AccessFor access, PasswordChecker::Post post)
    : access_(std::move(access)), checker_(std::move(post)) {}

void Authenticator::Apply(const config::WebConfig& config) {
  users_ = config.basic_auth_users;
  nobodys_hash_.clear();
  for (const auto& [user, hash] : users_) {
    // As costly as the costliest, with a salt and a digest that nobody has.
    const std::string cost = hash.substr(4, 2);
    if (nobodys_hash_.empty() || cost > nobodys_hash_.substr(4, 2)) {
      nobodys_hash_ = "$2y$" + cost + '$' + std::string(22, '.') + std::string(31, '.');
    }
  }
  tokens_.clear();
  for (const std::string& token : config.bearer_tokens) {
    const bool is_digest = token.starts_with(config::kTokenDigestPrefix);
    tokens_.push_back(is_digest ? FromHexadecimal(std::string_view(token).substr(config::kTokenDigestPrefix.size()))
                                : DigestOf(token));
  }
  free_paths_ = config.unauthenticated_paths;
  allowed_hosts_ = config.allowed_hosts;
}

bool Authenticator::IsFree(std::string_view path) const {
  return std::ranges::any_of(free_paths_, [&](std::string_view free) {
    return free.ends_with("/*") ? path.starts_with(free.substr(0, free.size() - 1)) : path == free;
  });
}

bool Authenticator::HasToken(std::string_view token) const {
  const Digest digest = DigestOf(token);
  int found = 0;
  for (const Digest& known : tokens_) found |= CRYPTO_memcmp(known.data(), digest.data(), digest.size()) == 0 ? 1 : 0;
  return found != 0;
}

http::Verdict Authenticator::Unauthorized(bool ingests) const {
  http::Response response;
  response.status = 401;
  response.body = "unauthorized\n";
  if (!users_.empty()) response.headers.emplace_back("WWW-Authenticate", "Basic realm=\"lossd\", charset=\"UTF-8\"");
  if (ingests && !tokens_.empty()) response.headers.emplace_back("WWW-Authenticate", "Bearer realm=\"lossd\"");
  return {std::move(response)};
}

std::optional<http::Verdict> Authenticator::Check(const http::Request& head, std::function<void(http::Verdict)> later) {
  const http::Access access = access_(head);
  const bool ingests = access == http::Access::kIngest, administers = access == http::Access::kAdminister;
  const Effect effect = access == http::Access::kRead ? Effect::kNone : Effect::kChanges;
  if (auto foreign = RefuseForeign(head, effect, allowed_hosts_)) return http::Verdict{std::move(foreign)};
  const bool open = users_.empty() && (tokens_.empty() || access == http::Access::kRead);
  if (open || (!administers && IsFree(head.path))) return http::Verdict{};
  if (administers && users_.empty()) {
    return http::Verdict{
        http::Response{.status = 403, .body = "this needs a user, and the web configuration has none\n"}};
  }
  const Credentials given = Split(head.header("authorization"));
  if (ingests && boost::beast::iequals(given.scheme, "bearer") && HasToken(given.value)) return http::Verdict{};
  if (users_.empty() || !boost::beast::iequals(given.scheme, "basic")) return Unauthorized(ingests);
  const auto credentials = UserAndPassword(given.value);
  if (!credentials) return Unauthorized(ingests);
  const auto& [user, password] = *credentials;
  const auto known = users_.find(user);
  const bool exists = known != users_.end();
  using Outcome = PasswordChecker::Outcome;
  const auto verdict_for = [this, ingests, exists](Outcome outcome) {
    if (outcome == Outcome::kBusy) return Busy();
    return outcome == Outcome::kRight && exists ? http::Verdict{} : Unauthorized(ingests);
  };
  const auto outcome =
      checker_.Check(head.peer, user, password, exists ? known->second : nobodys_hash_,
                     [verdict_for, answer = std::move(later)](Outcome late) { answer(verdict_for(late)); });
  if (outcome == Outcome::kPending) return std::nullopt;
  return verdict_for(outcome);
}

}  // namespace lossd::web
