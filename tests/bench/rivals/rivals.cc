#include "bench/rivals/rivals.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <numbers>
#include <numeric>
#include <string_view>
#include <utility>

namespace lossd::bench {
namespace {

using core::Regime;
using Values = std::vector<double>;
/// Sees the finite losses so far, the newest last; true while its alarm is on.
using Alarm = std::function<bool(const Values&)>;
/// Makes an alarm with a threshold, for a run of so many samples: some rules are told how long the run will be.
using Maker = std::function<Alarm(double threshold, std::size_t samples)>;

Detector Watch(core::Regime regime, const std::function<Alarm(std::size_t)>& fresh) {
  return [regime, fresh](const std::vector<core::Observation>& samples) {
    const Alarm alarm = fresh(samples.size());
    Timeline said;
    Values seen;
    for (std::size_t i = 0; i < samples.size(); ++i) {
      if (!std::isfinite(samples[i].value)) continue;
      seen.push_back(samples[i].value);
      said.Mark(i, alarm(seen) ? regime : core::Regime::kWarmingUp);
    }
    return said;
  };
}

struct Moments {
  double mean = 0, deviation = 0;
};

Moments Of(const Values& values, std::size_t first, std::size_t last) {
  const double count = static_cast<double>(last - first);
  Moments moments;
  for (std::size_t i = first; i < last; ++i) moments.mean += values[i] / count;
  for (std::size_t i = first; i < last; ++i) moments.deviation += std::pow(values[i] - moments.mean, 2);
  moments.deviation = std::sqrt(moments.deviation / std::max(1.0, count - 1));
  return moments;
}

struct Line {
  double slope = 0, error = 0;
};

Line Fit(const Values& values, std::size_t window) {
  const std::size_t first = values.size() - window;
  const double n = static_cast<double>(window), middle = (n - 1) / 2, sxx = n * (n * n - 1) / 12;
  const double mean = Of(values, first, values.size()).mean;
  Line line;
  for (std::size_t i = 0; i < window; ++i) line.slope += (static_cast<double>(i) - middle) * values[first + i] / sxx;
  double squares = 0;
  for (std::size_t i = 0; i < window; ++i) {
    squares += std::pow(values[first + i] - mean - line.slope * (static_cast<double>(i) - middle), 2);
  }
  line.error = std::sqrt(squares / std::max(1.0, n - 2) / sxx);
  return line;
}

Rival RuleOfRun(std::string name, core::Regime calls, double standard, Maker rule) {
  return {std::move(name), calls, standard, [calls, rule = std::move(rule)](double threshold) {
            return Watch(calls, [rule, threshold](std::size_t samples) { return rule(threshold, samples); });
          }};
}

Rival Rule(std::string name, core::Regime calls, double standard, std::function<Alarm(double)> rule) {
  return RuleOfRun(std::move(name), calls, standard,
                   [rule = std::move(rule)](double threshold, std::size_t) { return rule(threshold); });
}

/// dlib drops the highest tenth and asks again, so that a few large losses do not count as a rise: both must be sure.
Values WithoutHighestTenth(const Values& values) {
  Values sorted = values;
  const auto limit = sorted.begin() + static_cast<std::ptrdiff_t>(values.size() * 9 / 10);
  std::nth_element(sorted.begin(), limit, sorted.end());
  Values kept;
  for (const double value : values) {
    if (value <= *limit) kept.push_back(value);
  }
  return kept;
}

/// dlib's probability that the line through the last values falls.
double FallingProbability(const Line& line) {
  if (line.error <= 0) return line.slope < 0 ? 1 : 0;
  return 0.5 * std::erfc(line.slope / line.error / std::numbers::sqrt2);
}

// river's CUSUM and EWMA take mean and deviation from the first 30 values and freeze them.
struct Frozen {
  Moments reference;
  double sum = 0;
  bool Ready(const Values& y) {
    if (y.size() == 30) reference = Of(y, 0, 30);
    return y.size() > 30;
  }
};

// ADWIN with upward cuts only: a split of the window whose two means differ by more than chance at confidence delta.
struct Adaptive {
  std::size_t start = 0;
  bool Cut(const Values& y, double strictness) {
    if (y.size() % 32 != 0 || y.size() - start < 64) return false;
    const double delta = 0.002, n = static_cast<double>(y.size() - start);
    const Moments all = Of(y, start, y.size());
    const double total = all.mean * n, logarithm = std::log(2 * std::log(n) / delta);
    double left = 0;
    bool rose = false;
    std::size_t cut = start;
    for (std::size_t i = start; i + 5 < y.size(); ++i) {
      left += y[i];
      const double n0 = static_cast<double>(i + 1 - start), n1 = n - n0, m = 1 / (1 / n0 + 1 / n1);
      if (n0 < 5) continue;
      const double epsilon =
          std::sqrt(2 / m * all.deviation * all.deviation * logarithm) + 2 / (3 * m) * logarithm * all.deviation;
      const double gap = (total - left) / n1 - left / n0;
      if (std::abs(gap) > strictness * epsilon) {
        cut = i + 1;
        rose = gap > 0;
      }
    }
    start = cut;
    return rose;
  }
};

}  // namespace

std::vector<Rival> DivergenceRivals() {
  const core::Regime up = core::Regime::kDiverging;
  std::vector<Rival> rivals;
  rivals.push_back(Rule("slope of 30 > 0.01", up, 0.01, [](double t) {
    return [t](const Values& y) { return y.size() >= 30 && Fit(y, 30).slope > t; };
  }));
  rivals.push_back(Rule("slope of 30 > 0", up, 1e-9, [](double t) {
    return [t](const Values& y) { return y.size() >= 30 && Fit(y, 30).slope > t; };
  }));
  rivals.back().variant = true;
  rivals.push_back(Rule("slope of 20 > 0.01 (rust-ai CurveAnalyzer)", up, 0.01, [](double t) {
    return [t](const Values& y) { return y.size() >= 20 && Fit(y, 20).slope > t; };
  }));
  rivals.push_back(Rule("mean of 10 > 1.05 of the 10 before (rust-ai lr_advisor)", up, 0.05, [](double t) {
    return [t](const Values& y) {
      if (y.size() < 20) return false;
      return Of(y, y.size() - 10, y.size()).mean > (1 + t) * Of(y, y.size() - 20, y.size() - 10).mean;
    };
  }));
  rivals.push_back(Rule("z(30) > 3 (W&B)", up, 3, [](double t) {
    return [t](const Values& y) {
      if (y.size() < 31) return false;
      const Moments m = Of(y, y.size() - 31, y.size() - 1);
      return y.back() > m.mean + t * m.deviation;
    };
  }));
  rivals.push_back(Rule("mean + 6 deviations of 128 (OLMo)", up, 6, [](double t) {
    return [t](const Values& y) {
      if (y.size() < 65) return false;
      const Moments m = Of(y, y.size() - 1 - std::min<std::size_t>(128, y.size() - 1), y.size() - 1);
      return y.back() > m.mean + t * m.deviation;
    };
  }));
  rivals.push_back(RuleOfRun("2 x the mean, five in a row (KillLossSpike)", up, 2, [](double t, std::size_t samples) {
    const std::size_t window = std::max<std::size_t>(100, samples / 20);
    return [t, window, row = std::size_t{0}](const Values& y) mutable {
      if (y.size() <= window) return false;
      const auto newest = y.end() - 1;
      row = *newest >= t * Of(y, y.size() - 1 - window, y.size() - 1).mean ? row + 1 : 0;
      if (row > 4) return true;
      if (y.size() <= 2 * window) return false;
      const double cap = std::min(10.0, *std::max_element(y.begin(), y.begin() + static_cast<std::ptrdiff_t>(window)));
      const auto high = std::count_if(y.end() - static_cast<std::ptrdiff_t>(window), y.end(),
                                      [cap](double value) { return value > cap; });
      return 2 * static_cast<std::size_t>(high) >= window;
    };
  }));
  rivals.push_back(Rule("P(increasing over 500) > .99 (dlib)", up, 2.326, [](double t) {
    return [t, on = false](const Values& y) mutable {
      if (y.size() < 30 || y.size() % 8 != 0) return on;
      const Line line = Fit(y, std::min<std::size_t>(500, y.size()));
      on = line.slope > t * line.error;
      return on;
    };
  }));
  rivals.push_back(Rule("the same, highest tenth dropped or not (dlib)", up, 2.326, [](double t) {
    return [t, on = false](const Values& y) mutable {
      if (y.size() < 34 || y.size() % 8 != 0) return on;
      const Values last(y.end() - static_cast<std::ptrdiff_t>(std::min<std::size_t>(500, y.size())), y.end());
      const Values kept = WithoutHighestTenth(last);
      const Line all = Fit(last, last.size()), most = Fit(kept, kept.size());
      on = all.slope > t * all.error || most.slope > t * most.error;
      return on;
    };
  }));
  rivals.push_back(Rule("ADWIN .002, upward (river)", up, 1, [](double t) {
    return [t, state = Adaptive()](const Values& y) mutable { return state.Cut(y, t); };
  }));
  for (const double height : {5.0, 20.0}) {
    rivals.push_back(
        Rule("CUSUM .5, " + std::to_string(static_cast<int>(height)) + " (river)", up, height, [](double t) {
          return [t, state = Frozen()](const Values& y) mutable {
            if (!state.Ready(y)) return false;
            state.sum = std::max(0.0, state.sum + y.back() - state.reference.mean - 0.5 * state.reference.deviation);
            return state.sum > t * state.reference.deviation;
          };
        }));
    rivals.back().variant = height > 5;
  }
  rivals.push_back(Rule("Page-Hinkley .005, 50 (river)", up, 50, [](double t) {
    return [t, mean = 0.0, sum = 0.0](const Values& y) mutable {
      mean += (y.back() - mean) / static_cast<double>(y.size());
      sum = std::max(0.0, 0.9999 * sum + y.back() - mean - 0.005);
      return y.size() >= 30 && sum > t;
    };
  }));
  rivals.push_back(Rule("EWMA .1, 4 (river)", up, 4, [](double t) {
    return [t, z = 0.0, mean = 0.0, square = 0.0](const Values& y) mutable {
      const double n = static_cast<double>(y.size()), before = mean;
      mean += (y.back() - mean) / n;
      square += (y.back() - before) * (y.back() - mean);
      z = y.size() == 1 ? y.back() : z + 0.1 * (y.back() - z);
      return y.size() >= 30 && z - mean > t * std::sqrt(square / n * 0.1 / 1.9);
    };
  }));
  rivals.push_back(Rule("10 means, rtol 2 (Lightning SpikeDetection)", up, 2, [](double t) {
    return [t](const Values& y) {
      if (y.size() < 12) return false;
      const double mean = Of(y, y.size() - 11, y.size() - 1).mean;
      return y.back() >= y[y.size() - 2] && std::abs(y.back() - mean) >= t * mean;
    };
  }));
  rivals.push_back(Rule("1.5 x the previous (InternEvo)", up, 1.5, [](double t) {
    return [t](const Values& y) { return y.size() > 1 && y.back() > t * y[y.size() - 2]; };
  }));
  return rivals;
}

std::vector<Rival> PlateauRivals() {
  const core::Regime flat = core::Regime::kPlateau;
  std::vector<Rival> rivals;
  for (const double patience : {10.0, 1000.0}) {
    rivals.push_back(
        Rule("ReduceLROnPlateau, patience " + std::to_string(static_cast<int>(patience)), flat, patience, [](double t) {
          return [t, best = std::numeric_limits<double>::infinity(), bad = 0.0](const Values& y) mutable {
            bad = y.back() < best * (1 - 1e-4) ? 0 : bad + 1;
            best = std::min(best, y.back());
            return bad > t;
          };
        }));
    rivals.back().variant = patience > 10;
  }
  rivals.push_back(Rule("ReduceLROnPlateau, patience 10, means of 100", flat, 10, [](double t) {
    return [t, best = std::numeric_limits<double>::infinity(), bad = 0.0](const Values& y) mutable {
      if (y.size() % 100 != 0) return bad > t;
      const double mean = Of(y, y.size() - 100, y.size()).mean;
      bad = mean < best * (1 - 1e-4) ? 0 : bad + 1;
      best = std::min(best, mean);
      return bad > t;
    };
  }));
  // Thresholds that flatness must stay below are given as their inverse: a larger one raises fewer alarms.
  rivals.push_back(Rule("slope of 30 within .001", flat, 1000, [](double t) {
    return [t](const Values& y) { return y.size() >= 30 && std::abs(Fit(y, 30).slope) < 1 / t; };
  }));
  rivals.push_back(Rule("slope of 20 within .001 (rust-ai CurveAnalyzer)", flat, 1000, [](double t) {
    return [t](const Values& y) { return y.size() >= 20 && std::abs(Fit(y, 20).slope) < 1 / t; };
  }));
  rivals.push_back(Rule("slope of 50 over mean within .001, not rising (rust-ai lr_advisor)", flat, 1000, [](double t) {
    return [t](const Values& y) {
      if (y.size() < 50) return false;
      const double slope = Fit(y, 50).slope;
      return slope <= 0 && -slope < std::abs(Of(y, y.size() - 50, y.size()).mean) / t;
    };
  }));
  rivals.push_back(Rule("no progress for 2000 (dlib)", flat, 2000, [](double t) {
    return [t, on = false](const Values& y) mutable {
      if (y.size() % 32 != 0) return on;
      on = false;
      // Any stretch up to now of that length or a longer one will do.
      for (double window = t; !on && window <= static_cast<double>(y.size()); window *= 1.25) {
        const Values last(y.end() - static_cast<std::ptrdiff_t>(window), y.end());
        const Values kept = WithoutHighestTenth(last);
        on = FallingProbability(Fit(last, last.size())) < 0.51 && FallingProbability(Fit(kept, kept.size())) < 0.51;
      }
      return on;
    };
  }));
  rivals.push_back(Rule("LossNotDecreasing 10 (SageMaker)", flat, 10, [](double t) {
    return [t, on = false](const Values& y) mutable {
      const std::size_t steps = static_cast<std::size_t>(t);
      if (y.size() > steps && y.size() % steps == 0) on = y.back() >= y[y.size() - 1 - steps];
      return on;
    };
  }));
  rivals.push_back(Rule("deviation of 4 < .01 (Ray TrialPlateau)", flat, 100, [](double t) {
    return [t](const Values& y) { return y.size() >= 4 && Of(y, y.size() - 4, y.size()).deviation < 1 / t; };
  }));
  rivals.push_back(Rule("SLOPE 8, 1000, 100, .05 (statopt)", flat, 1000, [](double t) {
    return [t, on = false](const Values& y) mutable {
      if (static_cast<double>(y.size()) < t || y.size() % 100 != 0) return on;
      const Line line = Fit(y, y.size() / 8);
      on = line.slope > -1.645 * line.error;
      return on;
    };
  }));
  return rivals;
}

std::vector<Rival> SpikeRivals() {
  std::vector<Rival> rivals = DivergenceRivals();
  std::erase_if(rivals, [](const Rival& rival) {
    constexpr std::string_view kOfOneSample[] = {"W&B", "OLMo", "KillLossSpike", "Lightning", "InternEvo"};
    return std::ranges::none_of(kOfOneSample, [&](auto name) { return rival.name.find(name) != std::string::npos; });
  });
  for (Rival& rival : rivals) {
    rival.make = [make = rival.make](double threshold) -> Detector {
      return [detect = make(threshold)](const std::vector<core::Observation>& samples) {
        Timeline said;
        said.spikes = detect(samples).Entries(core::Regime::kDiverging);
        return said;
      };
    };
  }
  return rivals;
}

Timeline Classify(const std::vector<core::Observation>& samples) {
  core::RegimeClassifier classifier;
  Timeline said;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const core::Findings found = classifier.Update(samples[i]);
    if (found.spike) said.spikes.push_back(i);
    if (found.restart) said.restarts.push_back(i);
    said.Mark(i, classifier.regime());
  }
  return said;
}

}  // namespace lossd::bench
