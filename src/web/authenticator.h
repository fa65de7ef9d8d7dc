// Who may ask for what: users with passwords, bearer tokens, and paths that are free.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/web_config.h"
#include "http/message.h"
#include "http/route.h"
#include "web/password_checker.h"

namespace lossd::web {

/// With users, everything but the free paths needs one of them. With tokens, what brings or removes samples
/// (Access::kIngest) needs one of the tokens, or a user where there are any. Secrets are compared in constant time, and
/// a user who does not exist costs as much as one who does. What administers the daemon
/// needs a user, or that there are neither users nor tokens; no path makes it free. Whatever there is: what a page of
/// another site is behind is refused (see RefuseForeign).
class Authenticator {
 public:
  /// `access` says what a request needs.
  using AccessFor = std::function<http::Access(const http::Request& head)>;
  Authenticator(AccessFor access, PasswordChecker::Post post);

  /// Holds for requests from now on.
  void Apply(const config::WebConfig& config);
  /// As http::Gate.
  std::optional<http::Verdict> Check(const http::Request& head, std::function<void(http::Verdict)> later);

 private:
  using Digest = std::array<unsigned char, 32>;

  bool IsFree(std::string_view path) const;
  bool HasToken(std::string_view token) const;
  http::Verdict Unauthorized(bool ingests) const;

  AccessFor access_;
  std::map<std::string, std::string, std::less<>> users_;
  std::string nobodys_hash_;
  std::vector<Digest> tokens_;
  std::vector<std::string> free_paths_, allowed_hosts_;
  PasswordChecker checker_;
};

}  // namespace lossd::web
