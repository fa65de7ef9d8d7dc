// What happens to followed files, as log lines.
#pragma once

#include "logging/log.h"
#include "sources/files/tailer.h"

namespace lossd::app {

void LogNotice(logging::Log& log, const sources::TailerNotice& notice);

}  // namespace lossd::app
