// Every metric by its place in MetricCatalog(), for those who write them.
#pragma once

#include <cstddef>

#include "export/metrics_page.h"

namespace lossd::exporter {

/// In the order of the page. Those from kBuildInfo on are our own.
enum class Metric : std::size_t {
  kVelocity,
  kAcceleration,
  kVelocityPerStep,
  kAccelerationPerStep,
  kVelocityEma,
  kVelocityTstat,
  kAccelerationTstat,
  kNoise,
  kExcursion,
  kLoss,
  kLossSmoothed,
  kLossBest,
  kRegime,
  kRegimeStart,
  kRegimeTransitions,
  kSamples,
  kOutliers,
  kSpikes,
  kNonFinite,
  kRestarts,
  kStep,
  kEpoch,
  kLearningRate,
  kGradientNorm,
  kStepInterval,
  kLastSample,
  kLrAdvice,
  kBuildInfo,
  kStartTime,
  kLinesRead,
  kLinesMatched,
  kLinesIgnored,
  kBytesRead,
  kFileLag,
  kFileReadable,
  kFileErrors,
  kOpenFiles,
  kRotations,
  kTruncations,
  kWatchesRefused,
  kWatchOverflows,
  kOwnSamples,
  kSamplesRejected,
  kJobs,
  kSeries,
  kJobsExpired,
  kHttpRequests,
  kConnectionsRefused,
  kHandshakesFailed,
  kReloadSuccessful,
  kReloadTime,
  kScrapeDuration,
  kStateSaves,
  kStateSaveFailures,
  kStateLoads,
  kClockJumps,
};
inline constexpr std::size_t kMetricCount = static_cast<std::size_t>(Metric::kClockJumps) + 1;

inline const MetricInfo& InfoOf(Metric metric) { return MetricCatalog()[static_cast<std::size_t>(metric)]; }

}  // namespace lossd::exporter
