#include "readers/log/failure_marker.h"

#include <re2/re2.h>

#include <array>
#include <memory>
#include <string>
#include <vector>

namespace lossd::readers {
namespace {

using core::Failure;

constexpr std::size_t kLongestLine = 4096;

struct Marker {
  Failure failure;
  const char* pattern;
};

/// In the order in which they are tried: the first that fits decides.
constexpr std::array kMarkers = {
    Marker{Failure::kTimeLimit, R"(DUE TO TIME LIMIT|TERM_RUNLIMIT|walltime \d+ exceeded limit|DeadlineExceeded)"},
    Marker{Failure::kPreempted, R"(DUE TO PREEMPTION|CANCELLED AT .* PREEMPTED)"},
    Marker{Failure::kNodeFailure, R"(DUE TO NODE FAILURE|NODE_FAIL)"},
    Marker{
        Failure::kOutOfMemory,
        R"([Oo]om[-_ ]kill|OOM Killed|OOMKilled|OUT_OF_MEMORY|Exceeded job memory limit|TERM_MEMLIMIT|)"
        R"(DefaultCPUAllocator: (?:can't|not enough)|^MemoryError\b|std::bad_alloc|: tasks? [-\d,]+: Out Of Memory)"},
    Marker{
        Failure::kCudaOutOfMemory,
        R"(CUDA out of memory|OutOfMemoryError\b|CUDA error: out of memory|CUBLAS_STATUS_ALLOC_FAILED|HIP out of memory|)"
        R"(RESOURCE_EXHAUSTED: |ResourceExhaustedError|XPU out of memory|NPU out of memory|cudaErrorMemoryAllocation)"},
    Marker{
        Failure::kNccl,
        R"(Watchdog caught collective operation timeout|NCCL operations have failed or timed out|NCCL watchdog thread terminated|)"
        R"(NCCL (?:communicator )?(?:error|timeout)|nccl(?:System|Internal|UnhandledCuda|Remote)Error|DistBackendError|)"
        R"(Timeout at NCCL work|collective operation timeout)"},
    Marker{Failure::kCudaError,
           R"(CUDA error: |CUDNN_STATUS_[A-Z_]*(?:ERROR|FAILED)|CUBLAS_STATUS_[A-Z_]*(?:ERROR|FAILED)|)"
           R"(cudaErrorIllegalAddress|HIP error: |NVRM: Xid)"},
    Marker{Failure::kCancelled,
           R"((?:slurmstepd|srun)\b.*(?:CANCELLED|[Jj]ob step aborted)|^\S*\s*JOB \d+ .*CANCELLED|PBS: job killed)"},
    Marker{Failure::kInterrupted, R"(^KeyboardInterrupt\b|^\S* ?Received (?:2|SIGINT) death signal)"},
    Marker{
        Failure::kCrash,
        R"(Segmentation fault|Bus error|\(core dumped\)|^Aborted\b|Fatal Python error|terminate called after throwing|)"
        R"(Illegal instruction|double free or corruption|stack smashing detected|panicked at|SIGSEGV|SIGABRT|SIGBUS)"},
    Marker{
        Failure::kKilled,
        R"(^(?:.*: line \d+: +\d+ )?Killed\b|^srun: error: .*: tasks? [-\d,]+: Killed\b|SIGKILL|exitcode\s*: -9|signal: killed|exit code -9\b)"},
    Marker{Failure::kTerminated,
           R"(^(?:.*: line \d+: +\d+ )?Terminated\b|death signal, shutting down|SIGTERM received)"},
    Marker{
        Failure::kException,
        R"(Traceback \(most recent call last\)|ChildFailedError|^Error executing job with overrides|^\s*what\(\): |)"
        R"(^(?:\[?rank\d+\]?:? *)?(?:[A-Za-z_]\w*\.)*[A-Z]\w*(?:Error|Exception|Exit|Failure)(?::|$)|^(?:ERROR: )?LoadError: )"},
    Marker{Failure::kExitStatus, R"(^srun: error: .*: tasks? [-\d,]+: Exited with exit code [1-9])"},
};

}  // namespace

std::optional<Failure> FailureOf(std::string_view line) {
  struct Patterns {
    Patterns() {
      std::string all;
      for (const Marker& marker : kMarkers) {
        single.push_back(std::make_unique<RE2>(marker.pattern));
        (all += all.empty() ? "(?:" : "|(?:").append(marker.pattern) += ')';
      }
      any = std::make_unique<RE2>(all);
    }
    std::unique_ptr<RE2> any;
    std::vector<std::unique_ptr<RE2>> single;
  };
  static const Patterns kPatterns;
  if (line.empty() || line.size() > kLongestLine) return std::nullopt;
  const re2::StringPiece text(line.data(), line.size());
  if (!RE2::PartialMatch(text, *kPatterns.any)) return std::nullopt;
  for (std::size_t i = 0; i < kMarkers.size(); ++i) {
    if (RE2::PartialMatch(text, *kPatterns.single[i])) return kMarkers[i].failure;
  }
  return std::nullopt;
}

}  // namespace lossd::readers
