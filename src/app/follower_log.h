// What happens to followed files, as log lines.
#pragma once

#include "app/log.h"
#include "ingest/log_follower.h"

namespace lossd::app {

void LogNotice(Log& log, const ingest::FollowerNotice& notice);

}  // namespace lossd::app
