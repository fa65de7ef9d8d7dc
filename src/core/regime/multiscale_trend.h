// A series at six time scales at once: 32 block means of 1, 2, 4 ... 32 samples, with the trend and its significance
// at each.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "core/regime/block_window.h"

namespace lossd::core {

class StateReader;
class StateWriter;

/// The trend over one scale, on its last 32 blocks.
struct ScaleTrend {
  double mean = 0;           ///< of the window
  double rise = 0;           ///< of the least-squares line, from the first block to the last
  double rise_error = 0;     ///< its standard error, with the effective sample size under autocorrelation
  double deviation = 0;      ///< of a single value around the line, as the scatter of the blocks implies it
  float bend = 0;            ///< slope of a line through the newer half less that of one through the older, per block
  float correlation = 0;     ///< of neighbouring blocks, where positive
  std::uint16_t window = 0;  ///< samples covered; 0 until the scale is full
  bool usable = false;       ///< full, and its blocks are independent enough for a test

  /// Normal score of the t-statistic of the rise.
  double z() const;
  /// z() >= score, and z() <= -score, for a positive score: cheap, since no z is further from 0 than its t-statistic.
  bool RisesBy(double score) const { return rise >= score * rise_error && z() >= score; }
  bool FallsBy(double score) const { return -rise >= score * rise_error && z() <= -score; }
  /// t-statistic of: slope of the second half minus slope of the first.
  double curvature_t() const;
};

/// Amortised O(1): a block of scale l closes every 2^l samples. A coarse scale is evaluated again with each, a
/// fine one with each eighth, and with each second where its trend goes up. No allocation.
class MultiscaleTrend {
 public:
  static constexpr std::size_t kScales = 6;
  static constexpr std::size_t kBlocks = BlockWindow::kSize;
  using Blocks = BlockWindow::Values;

  /// Adds one value. `floor` is the least standard deviation that a single value can be credited with.
  /// Returns a bit for each scale that was evaluated anew.
  std::uint32_t Add(double value, double floor);
  void Clear();

  const ScaleTrend& trend(std::size_t scale) const { return trends_[scale]; }
  static constexpr bool Fine(std::size_t scale) { return scale < kScales / 2; }
  /// Blocks of a scale since Clear, of which whole windows are left out.
  std::size_t Position(std::size_t scale) const { return levels_[scale].window.position(); }
  static constexpr std::size_t Window(std::size_t scale) { return kBlocks << scale; }
  /// Means of the last 32 blocks of a scale, oldest first, less the oldest. The scale must be full.
  Blocks Recent(std::size_t scale) const { return levels_[scale].window.Recent(); }

  void Save(StateWriter& out) const;
  bool Load(StateReader& in);

 private:
  struct Level {
    BlockWindow window;
    double pending = 0;             ///< the first half of the block that is open
    float correlation = 0;          ///< of neighbouring blocks, smoothed
    bool half = false;              ///< `pending` is set
    bool stirs = false;             ///< it goes up, at the last evaluation
    std::uint8_t smoothed = 0;      ///< blocks that the smoothing has seen, up to its memory
    std::uint8_t evaluated_at = 0;  ///< position in the window
  };
  void Evaluate(std::size_t scale, double floor);

  std::array<Level, kScales> levels_{};
  std::array<ScaleTrend, kScales> trends_{};
};

}  // namespace lossd::core
