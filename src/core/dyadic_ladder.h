// A series at nine time scales at once: 32 block means of 1, 2, 4 ... 256 samples, with the trend and its significance
// at each.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace lossd::core {

class StateReader;
class StateWriter;

/// The trend over one scale, on its last 32 blocks.
struct ScaleTrend {
  bool usable = false;     ///< the scale is full and its blocks are independent enough for a test
  std::size_t window = 0;  ///< samples covered
  double slope = 0;        ///< per sample
  double mean = 0;         ///< of the window
  double rise = 0;         ///< slope times the window
  double rise_error = 0;   ///< standard error of `rise`, with the effective sample size under autocorrelation
  double deviation =
      0;         ///< standard deviation of a single value around the line, as the scatter of the blocks implies it
  double z = 0;  ///< normal score of the slope's t-statistic
  double curvature_z = 0;  ///< normal score of slope of the second half minus slope of the first
  double half_ratio = 0;   ///< slope of the second half over slope of the first
};

/// Amortised O(1): a block of scale l closes every 2^l samples, and only then is that scale evaluated again. No
/// allocation.
class DyadicLadder {
 public:
  static constexpr std::size_t kScales = 9;
  static constexpr std::size_t kBlocks = 32;

  /// Adds one value. `floor` is the least standard deviation that a single value can be credited with.
  /// Returns a bit for each scale that was evaluated anew.
  std::uint32_t Add(double value, double floor);
  void Clear();

  const ScaleTrend& trend(std::size_t scale) const { return trends_[scale]; }
  static constexpr std::size_t Window(std::size_t scale) { return kBlocks << scale; }
  /// Means of the last 32 blocks of a scale, oldest first. The scale must be full.
  std::array<double, kBlocks> Blocks(std::size_t scale) const;
  bool Full(std::size_t scale) const { return levels_[scale].closed >= kBlocks; }

  void Save(StateWriter& out) const;
  bool Load(StateReader& in);

 private:
  struct Level {
    std::array<double, kBlocks> means{};
    std::uint64_t closed = 0;  ///< blocks closed since the last Clear
    double pending = 0;        ///< the first half of the block that is open
    bool half = false;
    double correlation = 0;  ///< of neighbouring blocks, smoothed
    std::uint64_t evaluations = 0;
  };
  void Evaluate(std::size_t scale, double floor);

  std::array<Level, kScales> levels_{};
  std::array<ScaleTrend, kScales> trends_{};
};

}  // namespace lossd::core
