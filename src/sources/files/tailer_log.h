// What happens to followed files, as log lines.
#pragma once

#include "logging/log.h"
#include "sources/files/tailer.h"

namespace lossd::sources {

void LogNotice(logging::Log& log, const TailerNotice& notice);

}  // namespace lossd::sources
