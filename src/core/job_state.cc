#include "core/job_state.h"

#include <csignal>
#include <cstring>

namespace lossd::core {
namespace {

struct FailureInfo {
  std::string_view name;
  int weight;  ///< how near the cause it is
};

constexpr std::array<FailureInfo, kFailures.size()> kFailureInfo = {{{"exit_status", 0},
                                                                     {"interrupted", 3},
                                                                     {"terminated", 1},
                                                                     {"killed", 1},
                                                                     {"cancelled", 1},
                                                                     {"exception", 2},
                                                                     {"crash", 2},
                                                                     {"nccl", 3},
                                                                     {"cuda_error", 3},
                                                                     {"time_limit", 3},
                                                                     {"preempted", 3},
                                                                     {"node_failure", 3},
                                                                     {"out_of_memory", 4},
                                                                     {"cuda_out_of_memory", 4}}};

const FailureInfo& InfoOf(Failure failure) { return kFailureInfo[static_cast<std::size_t>(failure)]; }

Failure FailureOfExitStatus(int status) {
  switch (status) {
    case 130:
      return Failure::kInterrupted;
    case 137:
      return Failure::kKilled;
    case 143:
      return Failure::kTerminated;
    case 132:
    case 134:
    case 135:
    case 136:
    case 139:
      return Failure::kCrash;
    default:
      return Failure::kExitStatus;
  }
}

}  // namespace

std::string_view Name(JobState state) {
  switch (state) {
    case JobState::kRunning:
      return "running";
    case JobState::kEnded:
      return "ended";
    case JobState::kFailed:
      return "failed";
    case JobState::kSilent:
      return "silent";
  }
  return "";
}

std::string_view Name(Failure failure) { return InfoOf(failure).name; }

FailureReport ReportOfExit(int status) {
  FailureReport report{FailureOfExitStatus(status), {}, "exit status " + std::to_string(status)};
  // As a shell tells it.
  if (const int signal = status - 128; signal > 0 && signal < SIGRTMIN) {
    report.last_line += std::string(" (") + ::strsignal(signal) + ')';
  }
  return report;
}

bool SaysMore(Failure failure, Failure than) { return InfoOf(failure).weight > InfoOf(than).weight; }

}  // namespace lossd::core
