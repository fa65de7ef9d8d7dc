// How grave each regime is: the order in which jobs stand where the worst comes first, and what is trouble.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>

#include "core/regime/regime.h"

namespace lossd::core {

struct RegimeGravity {
  Regime regime;
  bool is_trouble;  ///< of a whole loss: its job counts as one in trouble
  bool warns;       ///< where it is entered, the log warns
};

/// The gravest first.
inline constexpr std::array<RegimeGravity, kRegimeCount> kGravity = {{{Regime::kNonFinite, true, true},
                                                                      {Regime::kDiverging, true, true},
                                                                      {Regime::kOverfitting, true, true},
                                                                      {Regime::kStalled, true, true},
                                                                      {Regime::kConstant, true, true},
                                                                      {Regime::kOscillating, false, true},
                                                                      {Regime::kPlateau, false, false},
                                                                      {Regime::kUndecided, false, false},
                                                                      {Regime::kWarmingUp, false, false},
                                                                      {Regime::kConverging, false, false},
                                                                      {Regime::kHealthy, false, false}}};
inline constexpr std::size_t kTroubles =
    static_cast<std::size_t>(std::ranges::count(kGravity, true, &RegimeGravity::is_trouble));

/// Its place in kGravity; 0 is the gravest.
constexpr std::size_t Gravity(Regime regime) {
  return static_cast<std::size_t>(std::ranges::find(kGravity, regime, &RegimeGravity::regime) - kGravity.begin());
}

static_assert(std::ranges::all_of(kRegimes, [](Regime regime) { return Gravity(regime) < kRegimeCount; }),
              "every regime has its line");
static_assert(std::ranges::none_of(kGravity.begin() + kTroubles, kGravity.end(), &RegimeGravity::is_trouble),
              "trouble comes first");

}  // namespace lossd::core
