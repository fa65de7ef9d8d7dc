// How far the loss has gone up so far and come back by itself: the yardstick of every rise.
#pragma once

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

}  // namespace lossd::core
