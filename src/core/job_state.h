// What has become of a job: whether it runs, has ended, has failed, or is silent.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace lossd::core {

enum class JobState : std::uint8_t {
  kRunning,
  kEnded,   ///< by an end line, the end of its pipe, its exit, or silence at its announced total
  kFailed,  ///< see Failure
  kSilent,  ///< nobody can be seen to write any more, and nobody said why
};
inline constexpr std::array kJobStates = {JobState::kRunning, JobState::kEnded, JobState::kFailed, JobState::kSilent};
/// "running", "ended", "failed", "silent": values of the label `state`.
std::string_view Name(JobState state);

enum class Failure : std::uint8_t {
  kExitStatus,
  kInterrupted,  ///< from the keyboard: somebody was there
  kTerminated,
  kKilled,
  kCancelled,  ///< by the batch system
  kException,
  kCrash,
  kNccl,
  kCudaError,
  kTimeLimit,
  kPreempted,
  kNodeFailure,
  kOutOfMemory,      ///< of the host
  kCudaOutOfMemory,  ///< of an accelerator of any make
};
inline constexpr std::array kFailures = {
    Failure::kExitStatus, Failure::kInterrupted, Failure::kTerminated,  Failure::kKilled,         Failure::kCancelled,
    Failure::kException,  Failure::kCrash,       Failure::kNccl,        Failure::kCudaError,      Failure::kTimeLimit,
    Failure::kPreempted,  Failure::kNodeFailure, Failure::kOutOfMemory, Failure::kCudaOutOfMemory};
/// "exit_status", "exception", "cuda_out_of_memory", ...: values of the label `reason`.
std::string_view Name(Failure failure);
/// Of two that one job shows, the one that says more about the cause wins; where they say as much, the first.
bool SaysMore(Failure failure, Failure than);

/// A failure with its evidence.
struct FailureReport {
  Failure reason = Failure::kExitStatus;
  std::vector<std::string> lines;  ///< the log's own, oldest first, bounded in number and length; any bytes
  std::string last_line;           ///< the one that says it best; "" where the log says nothing
};

/// Of a status that is not 0, with the name of the signal that it tells: a shell's 128 + N is the signal N.
FailureReport ReportOfExit(int status);

/// Whether somebody can still write to a job's log.
enum class Writer : std::uint8_t {
  kUnknown,  ///< nobody has looked, or there is nothing to look at (samples over HTTP): somebody could
  kAlive,    ///< a process has the log open for writing, or the pipe is open
  kUnseen,   ///< no process can be seen to have it open, but one might be out of sight (another host or container)
  kGone,     ///< no process has it open any more, or the log itself is gone
};

/// Where in its run a job is, by the totals that its log announces.
enum class RunStage : std::uint8_t { kUnknown, kMiddle, kComplete };

}  // namespace lossd::core
