// What can be added to the daemon without touching the rest of it: protocols and sources.
#pragma once

#include <memory>
#include <vector>

#include "app/remote_writing.h"
#include "config/config.h"
#include "push/protocol.h"
#include "sources/source.h"

namespace lossd::app {

/// Made once for a process, before the configuration is read, for each asks it for the keys of its own.
struct Parts {
  std::vector<std::unique_ptr<push::Protocol>> protocols;
  std::vector<std::unique_ptr<sources::Source>> sources;  ///< beside the files, which the daemon follows by itself
  std::unique_ptr<RemoteWriting> remote_write = std::make_unique<RemoteWriting>();
};

/// Everything there is. A new protocol or source is one line here.
Parts MakeParts();

/// How `parts` read their keys; it must outlive the answer.
config::ConfigReaders ConfigReadersOf(const Parts& parts);

}  // namespace lossd::app
