// Whether the loss has been shown to be flat.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/regime/multiscale_trend.h"

namespace lossd::core {

class StateReader;
class StateWriter;

/// An equivalence test (two one-sided tests), not a failed significance test: flat is what provably moved by less than
/// a fraction of one sample's noise over a horizon that grows with the age of the run, since a healthy loss gains about
/// as much in each doubling of its age.
class Plateau {
 public:
  static constexpr std::uint64_t kEvery = 8;  ///< samples from one Update to the next

  /// `age` is the number of samples since the start of the trend.
  void Update(const MultiscaleTrend& ladder, std::uint64_t age, double noise);

  bool active() const;
  /// The scale whose window is the horizon: the largest usable one within half the age (or the largest full one,
  /// early on).
  std::size_t horizon() const { return horizon_; }

  void Clear();

  void Save(StateWriter& out) const;
  bool Load(StateReader& in);

 private:
  std::uint8_t horizon_ = 0;
  std::uint32_t flat_for_ = 0;  ///< up to what makes a plateau
};

}  // namespace lossd::core
