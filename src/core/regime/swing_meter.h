// How far the loss has gone up so far and come back by itself: the yardstick of every rise.
#pragma once

#include <cstdint>
#include <limits>

namespace lossd::core {

class StateReader;
class StateWriter;

/// Follows a level (a running median) from trough to peak. A swing has ended when half of it is undone. O(1).
class SwingMeter {
 public:
  void Update(double level);

  /// The largest swing that has ended, as it would be from `level`: swings of a positive loss shrink with it.
  double Largest(double level) const;
  /// From the trough at hand to the highest level since.
  double Current() const { return peak_ - trough_; }

  /// Whether no level was on the other side of zero: shares of the loss mean something.
  bool one_sided() const { return positive_ || negative_; }

  /// What goes up now is told as a divergence, and is no swing.
  void Drop() { started_ = false; }
  void Clear() { *this = SwingMeter(); }

  void Save(StateWriter& out) const;
  bool Load(StateReader& in);

 private:
  bool started_ = false;
  double trough_ = 0, peak_ = 0;
  double largest_ = 0;
  double largest_ratio_ = 0;                ///< to the trough that it began from, while all were positive
  bool positive_ = true, negative_ = true;  ///< all levels were
};

/// How large the swings of the near past are beside the noise, but for one in twenty: what a wave must exceed to be
/// new. Read off at powers of two of values and used from the next one on, so that a wave is not its own yardstick.
/// O(1).
class UsualSwings {
 public:
  /// `count`: values so far, this one included; `counts`: whether what the level does is a swing at all.
  void Update(double level, double noise, std::uint64_t count, bool counts);
  /// In deviations of the noise; 0 in a young run.
  double Largest() const { return static_cast<double>(before_); }
  /// A wave of so many deviations was told: it is known from now on.
  void Know(double swing);
  void Clear() { *this = UsualSwings(); }

  void Save(StateWriter& out) const;
  bool Load(StateReader& in);

 private:
  float trough_ = std::numeric_limits<float>::quiet_NaN(), peak_ = 0;  ///< NaN before the first
  float high_ = 0;                                                     ///< their 95th percentile, about
  float lately_ = 0, before_ = 0;  ///< what that was at the last power of two, and at the one before
};

}  // namespace lossd::core
