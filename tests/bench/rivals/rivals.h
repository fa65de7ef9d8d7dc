// Rules that other tools raise alarms by, written from their published definitions, to be scored beside ours.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "bench/rivals/scoring.h"

namespace lossd::bench {

/// A rule with one threshold: the larger it is, the fewer alarms.
struct Rival {
  std::string name;
  core::Regime calls;   ///< the regime that its alarm is taken for: kDiverging or kPlateau
  double standard = 0;  ///< the threshold that its authors chose
  std::function<Detector(double threshold)> make;
  bool variant = false;  ///< of the rule before it with another threshold: there is nothing to re-tune
};

std::vector<Rival> DivergenceRivals();
std::vector<Rival> PlateauRivals();
/// Those rules that look at single samples, their alarms taken for spikes.
std::vector<Rival> SpikeRivals();

/// Our classifier, in the same shape.
Timeline Classify(const std::vector<core::Observation>& samples);

}  // namespace lossd::bench
