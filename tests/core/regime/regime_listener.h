// A classifier under test, what it told, and series to feed it.
#pragma once

#include <cmath>
#include <cstddef>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "core/regime/regime_classifier.h"

namespace lossd::core {

struct Told {
  std::size_t sample;
  std::string what;
  friend bool operator==(const Told&, const Told&) = default;
};

/// Feeds values and notes what is told, as replay does.
struct Listener {
  explicit Listener(ClassifierOptions options = {}) : classifier(options) {}

  void Feed(const Observation& observation) {
    const Regime before = classifier.regime();
    const Findings found = classifier.Update(observation);
    if (found.outlier) told.push_back({samples, "outlier"});
    if (found.spike) told.push_back({samples, "spike"});
    if (found.restart) told.push_back({samples, "restart"});
    if (classifier.regime() != before) told.push_back({samples, std::string(Name(classifier.regime()))});
    ++samples;
  }
  void FeedAll(const std::vector<double>& values) {
    for (const double value : values) Feed({.value = value});
  }
  std::size_t Count(const std::string& what) const {
    std::size_t count = 0;
    for (const Told& one : told) count += one.what == what ? 1 : 0;
    return count;
  }

  RegimeClassifier classifier;
  std::vector<Told> told;
  std::size_t samples = 0;
};

/// `count` values of trend(i) plus normal noise of the given deviation.
inline std::vector<double> Noisy(std::size_t count, double deviation, const std::function<double(double)>& trend,
                                 unsigned seed = 1) {
  std::mt19937_64 random(seed);
  std::normal_distribution<double> noise(0, deviation);
  std::vector<double> values;
  for (std::size_t i = 0; i < count; ++i) values.push_back(trend(static_cast<double>(i)) + noise(random));
  return values;
}

/// What a healthy loss looks like.
inline double PowerLaw(double i) { return 1.5 + 4 * std::pow(i + 10, -0.3); }

}  // namespace lossd::core
