// Keeps a verdict from flapping: how long each is held against each that would follow it.
#pragma once

#include <cstdint>

#include "core/regime/regime.h"

namespace lossd::core {

class StateReader;
class StateWriter;

/// Alarms and the first verdict come at once and leave by their own rules; shades of good ones change only when the
/// other has held for a part of the run. O(1).
class VerdictHold {
 public:
  Regime regime() const { return regime_; }
  std::uint64_t age() const { return age_; }  ///< samples since it was entered

  /// Takes what is judged at this sample; `count`: samples of the run; `turned`: its near past goes up. True where the
  /// regime has changed.
  bool Settle(Regime judged, std::uint64_t count, bool turned = false);
  /// At once.
  bool Enter(Regime regime);

  void Save(StateWriter& out) const;
  bool Load(StateReader& in);

 private:
  static std::uint64_t Needed(Regime from, Regime to, std::uint64_t count, bool turned);

  Regime regime_ = Regime::kWarmingUp;
  Regime candidate_ = Regime::kWarmingUp;
  std::uint64_t candidate_age_ = 0;
  std::uint64_t age_ = 0;
};

}  // namespace lossd::core
