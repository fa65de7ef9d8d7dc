#include "web/web_config_reloader.h"

#include <utility>

#include "os/posix_file_system.h"

namespace lossd::web {
namespace {

constexpr auto kLookInterval = std::chrono::seconds(5);

}  // namespace

bool WebConfigReloader::Stamp::operator==(const Stamp& other) const {
  return path == other.path && status.device == other.status.device && status.inode == other.status.inode &&
         status.size == other.status.size && status.modified_ns == other.status.modified_ns;
}

WebConfigReloader::WebConfigReloader(std::string path, http::Server& server, Authenticator::AccessFor access,
                                     PasswordChecker::Post post, logging::Log& log)
    : path_(std::move(path)),
      server_(server),
      log_(log),
      authenticator_(std::move(access), std::move(post)),
      files_{path_} {
  server_.SetGate([this](const http::Request& head, std::function<void(http::Verdict)> later) {
    return authenticator_.Check(head, std::move(later));
  });
}

std::vector<WebConfigReloader::Stamp> WebConfigReloader::StampsOf(const std::vector<std::string>& files) {
  os::PosixFileSystem system;
  std::vector<Stamp> stamps;
  for (const std::string& path : files) {
    const auto status = system.Status(path);
    stamps.push_back({path, status ? *status : os::FileStatus{}});
  }
  return stamps;
}

std::vector<config::ConfigError> WebConfigReloader::Read() {
  if (path_.empty()) return {};
  // Stamps come before what they stand for: a file that is written meanwhile must not be missed. Which files there are
  // is known only after.
  for (std::vector<std::string> before; before != files_;) {
    before = files_;
    read_stamps_ = StampsOf(files_);
    read_ = config::LoadWebConfig(path_);
    if (const auto& tls = read_.config.tls) {
      files_ = {path_, tls->cert_file, tls->key_file};
      if (!tls->client_ca_file.empty()) files_.push_back(tls->client_ca_file);
    } else if (read_.errors.empty()) {
      files_ = {path_};
    }
  }
  return read_.errors;
}

void WebConfigReloader::Apply() {
  if (path_.empty()) return;
  known_stamps_ = read_stamps_;
  const config::WebConfig& config = read_.config;
  authenticator_.Apply(config);
  server_.SetHeaders(config.headers);
  server_.SetTls(read_.tls);
  log_.Info("web configuration in force", {{"file", path_},
                                           {"tls", config.tls ? "on" : "off"},
                                           {"users", config.basic_auth_users.size()},
                                           {"tokens", config.bearer_tokens.size()}});
  read_ = {};
}

void WebConfigReloader::Tick(std::chrono::nanoseconds steady) {
  if (path_.empty() || steady < next_look_) return;
  next_look_ = steady + kLookInterval;
  if (StampsOf(files_) == known_stamps_) return;
  const std::vector<config::ConfigError> errors = Read();
  for (const config::ConfigError& error : errors) log_.Error("web configuration refused", {{"error", error.Text()}});
  if (errors.empty()) return Apply();
  known_stamps_ = read_stamps_;
}

}  // namespace lossd::web
