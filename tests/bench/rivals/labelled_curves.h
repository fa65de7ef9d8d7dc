// Labelled loss curves: a folder of NAME.csv (step,loss[,lr,grad_norm]) and labels.json.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/regime/regime_classifier.h"

namespace lossd::bench {

/// What is true of one run. Positions are sample indices.
struct Label {
  std::string run, kind, task;
  std::size_t samples = 0;
  std::optional<std::size_t> onset, clean_until;
  std::vector<std::size_t> spikes;
  std::optional<std::pair<std::size_t, std::size_t>> span;
};

struct Curve {
  Label label;
  std::vector<core::Observation> samples;
};

/// Every labelled run of `folder`. On failure the list is empty and `error` says why.
std::vector<Curve> LoadCurves(const std::string& folder, std::string& error);

/// The ways in which a healthy run is spoilt, from 60% of its length on.
enum class Injection { kBlowup, kDrift5, kDrift2, kFlat, kWave, kSpike, kOutlier };
inline constexpr Injection kInjections[] = {Injection::kBlowup, Injection::kDrift5, Injection::kDrift2,
                                            Injection::kFlat,   Injection::kWave,   Injection::kSpike,
                                            Injection::kOutlier};
const char* Name(Injection injection);

/// Where the injection begins in a run of so many samples.
std::size_t InjectionStart(std::size_t samples);
/// A copy of a healthy run with the fault in it; learning rate and gradient norm are dropped, as they would no longer
/// fit.
Curve Inject(const Curve& healthy, Injection injection);

}  // namespace lossd::bench
