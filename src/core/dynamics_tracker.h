// Velocity and acceleration of one window, by themselves: for programs that use this library alone. The daemon has
// several windows over one ring of losses, each a WindowRegression that it works out where somebody looks.
#pragma once

#include <cstddef>
#include <vector>

#include "core/ring.h"
#include "core/window_regression.h"

namespace lossd::core {

class StateReader;
class StateWriter;

/// The dynamics of a loss over one window, in loss per sample.
struct Dynamics {
  double velocity = 0;      ///< least-squares slope over the window; 0 with fewer than 2 samples
  double acceleration = 0;  ///< slope of the second half minus slope of the first; 0 with fewer than 6 samples

  friend bool operator==(const Dynamics&, const Dynamics&) = default;
};

/// Least-squares slope over the last `window` finite losses, and the difference between the slopes of the window's two
/// halves.
///
///   velocity     = sum((x - mean(x)) * (y - mean(y))) / sum((x - mean(x))^2),  x = 0, 1, 2, ...
///   acceleration = slope of [n/2, n) - slope of [0, n/2), with x starting at 0 in each half
///
/// O(1) per update: sums roll with the window and are re-anchored often enough that they never drift. The result agrees
/// with a fresh two-pass regression to 1e-9 relative to the noise of the series, after any number of updates. No
/// allocation after construction. Not thread-safe.
class DynamicsTracker {
 public:
  static constexpr std::size_t kDefaultWindow = WindowRegression::kDefaultWindow;
  static constexpr std::size_t kMinVelocitySamples = WindowRegression::kMinSlopeSamples;
  static constexpr std::size_t kMinAccelerationSamples = WindowRegression::kMinSlopeChangeSamples;

  /// `window` must be at least 2 (a smaller one is a programming error and aborts).
  explicit DynamicsTracker(std::size_t window = kDefaultWindow);

  /// Adds one loss and returns the dynamics of the window that now ends with it.
  /// NaN and infinities never enter the window: the result is then that of the window as it stands.
  Dynamics update(double loss);

  /// The dynamics of the window as it stands.
  Dynamics dynamics() const;

  /// The finite losses in the window, oldest first.
  std::vector<double> history() const;

  /// Forgets every loss.
  void reset();

  std::size_t window() const { return regression_.window(); }
  std::size_t size() const { return regression_.size(); }
  bool has_velocity() const { return size() >= kMinVelocitySamples; }
  bool has_acceleration() const { return size() >= kMinAccelerationSamples; }

  /// Appends the whole state; after Load of the same bytes every later result is equal to the bit.
  void Save(StateWriter& out) const;
  /// False where the bytes do not fit this tracker (another window, truncated); the tracker is then reset.
  bool Load(StateReader& in);

 private:
  Ring<double> losses_;
  WindowRegression regression_;
};

}  // namespace lossd::core
