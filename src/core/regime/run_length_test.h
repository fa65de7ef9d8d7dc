// Runs of successive samples above what was expected, too long to be chance.
#pragma once

#include <cstdint>

namespace lossd::core {

class StateReader;
class StateWriter;

/// Where tall samples are a habit of the series, height proves nothing; but they come alone, so that what lasts shows
/// in the length of its run. The earlier runs of the series say how long chance makes them: where neighbours are alike,
/// a run must be longer. O(1), no allocation.
class RunLengthTest {
 public:
  /// Takes the next finite value, what was expected of it, and the noise. True where this sample makes the run
  /// significant: told once for each run.
  bool Update(double value, double expected, double noise);

  std::uint64_t length() const { return length_; }  ///< samples in a row so far, the last one included

  /// Forgets the run at hand, not how long they tend to be.
  void Break() { length_ = 0; }

  void Save(StateWriter& out) const;
  bool Load(StateReader& in);

 private:
  double line_ = 0;  ///< what the samples of a run exceed: frozen where it began, so that it cannot raise it
  std::uint32_t length_ = 0;
  std::uint32_t runs_ = 0;   ///< ended so far
  bool told_ = false;        ///< the run at hand
  float height_ = 0;         ///< sum of its clipped heights above the line, in noise deviations
  float mean_length_ = 2;    ///< of the runs before it
  float start_rate_ = 0.2F;  ///< share of samples that begin one
};

}  // namespace lossd::core
