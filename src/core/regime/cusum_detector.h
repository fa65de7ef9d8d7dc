// A steady way up, told while it is young: how a fast divergence begins.
#pragma once

#include <cstdint>

namespace lossd::core {

class StateReader;
class StateWriter;

/// Page's cumulative sum of what exceeds the level that the loss came from. That level is frozen where the sum begins,
/// so that the climb cannot raise it, and the sum ends where it is used up. Chance makes such sums too: those before
/// say how large, where neighbours are alike and where they are not. A spike adds up to as much, so that the loss must
/// also have been high for longer than a spike takes to turn, and still be at its highest. O(1), no allocation.
class CusumDetector {
 public:
  /// Takes the next finite value, the median of the last five, what was expected of it, and the noise. Where this
  /// sample proves a climb: how far above its start that median is. Else 0.
  double Update(double value, double recent_median, double expected, double noise);

  /// Forgets the climb at hand, not how far they tend to go.
  void Break() { length_ = 0; }

  void Save(StateWriter& out) const;
  bool Load(StateReader& in);

 private:
  void End();

  double start_ = 0;       ///< what was expected where the climb at hand began
  float noise_ = 0;        ///< at that time
  float sum_ = 0;          ///< of its clipped heights less the reference; heights are in noise deviations
  float largest_ = 0;      ///< sum so far
  float highest_ = 0;      ///< median so far
  float mean_sum_ = 1;     ///< of the climbs before it, at their largest
  float mean_height_ = 1;  ///< of their highest medians
  std::uint8_t length_ = 0;
  std::uint8_t high_ = 0;    ///< samples in a row that the median has been high
  std::uint8_t climbs_ = 0;  ///< ended so far, as far as they are counted
};

}  // namespace lossd::core
