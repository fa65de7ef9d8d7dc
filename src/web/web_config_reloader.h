// What --web.config.file asks for, put into force on a server and kept fresh.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "config/web_config.h"
#include "http/server.h"
#include "logging/log.h"
#include "os/file_system.h"
#include "web/authenticator.h"

namespace lossd::web {

/// For the server's thread. Where no file is given, nobody is kept from anything but pages of other sites.
class WebConfigReloader {
 public:
  /// `server` and `log` must outlive it, and the server asks it nothing after its end.
  WebConfigReloader(std::string path, http::Server& server, Authenticator::AccessFor access, PasswordChecker::Post post,
                    logging::Log& log);

  /// Reads the file and what it names. Without errors, Apply puts it into force.
  std::vector<config::ConfigError> Read();
  void Apply();
  /// Looks at times whether the file, or one that it names, is another by now (certificates are renewed), and reads all
  /// of them anew. A bad one is told in the log once, and what was in force stays.
  void Tick(std::chrono::nanoseconds steady);

 private:
  struct Stamp {
    std::string path;
    os::FileStatus status;
    bool operator==(const Stamp& other) const;
  };
  static std::vector<Stamp> StampsOf(const std::vector<std::string>& files);

  std::string path_;
  http::Server& server_;
  logging::Log& log_;
  Authenticator authenticator_;
  config::WebConfigDocument read_;   ///< by the last Read
  std::vector<std::string> files_;   ///< that it read
  std::vector<Stamp> read_stamps_;   ///< of these, before they were read
  std::vector<Stamp> known_stamps_;  ///< of what is in force, or was refused
  std::chrono::nanoseconds next_look_{0};
};

}  // namespace lossd::web
