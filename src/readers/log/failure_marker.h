// Lines by which a log shows that its training has failed.
#pragma once

#include <optional>
#include <string_view>

#include "core/job_state.h"

namespace lossd::readers {

/// What a line says of a failure: tracebacks and the exceptions below them, accelerators out of memory, NCCL's
/// watchdog, what slurmstepd, shells and container runtimes say of processes that they ended. A line like these may
/// also be a warning of something that the program survives: only silence after it makes it a failure. Cheap for other
/// lines: one pass of an automaton.
std::optional<core::Failure> FailureOf(std::string_view line);

}  // namespace lossd::readers
