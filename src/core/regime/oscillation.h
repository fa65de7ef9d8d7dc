// Whether the loss goes up and down with a period, beyond its noise.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "core/regime/multiscale_trend.h"

namespace lossd::core {

class StateReader;
class StateWriter;

/// A periodogram of the 32 block means of every scale, after removal of a parabola. A scale oscillates where two
/// neighbouring frequencies carry most of what is left (Fisher's g test), with their harmonics where the wave is no
/// sine, the frequencies below them carry next to nothing (red noise would), and the amplitude stands out of the noise
/// of single samples. O(1) amortised, no allocation.
class Oscillation {
 public:
  /// `noise`: see RobustPredictor.
  void Update(const MultiscaleTrend& ladder, std::uint32_t evaluated, double noise);

  bool active() const { return active_scale_ < MultiscaleTrend::kScales; }
  double period_samples() const { return period_; }  ///< while active
  double amplitude() const { return amplitude_; }    ///< largest since it began, in the unit of the loss

  void Clear();

  void Save(StateWriter& out) const;
  bool Load(StateReader& in);

 private:
  struct Finding {
    bool present = false;
    double period_samples = 0;
    double amplitude = 0;
  };
  static Finding Examine(const MultiscaleTrend::Blocks& blocks, std::size_t scale, double noise, double strictness);

  std::array<std::uint8_t, MultiscaleTrend::kScales> in_row_{};  ///< examinations in a row that found it
  std::size_t active_scale_ = MultiscaleTrend::kScales;
  double period_ = 0;
  double amplitude_ = 0;
};

}  // namespace lossd::core
