// The trend through a few block means: by rank, by least squares, and with the error that autocorrelation leaves it.
#pragma once

#include <cstddef>
#include <span>

namespace lossd::core {

/// All in the unit of the values; a rise is positive.
struct BlockTrend {
  static constexpr std::size_t kMost = 16;  ///< blocks
  static constexpr std::size_t kLeast = 6;

  bool known = false;
  double mean = 0;    ///< of the blocks, less the origin that they came with
  double rise = 0;    ///< of the least-squares line, from the first block to the last
  double error = 0;   ///< standard error of the rise, for as many independent blocks as the autocorrelation leaves
  double rank_z = 0;  ///< normal score of Mann and Kendall's test: deaf to scale, outliers and shape
  double t = 0;       ///< rise / error as a normal score, for the degrees of freedom that are left
  // Where they are asked for:
  double first_slope = 0, second_slope = 0;  ///< of the halves, per block
  double bend_t = 0;                         ///< of the second slope less the first, in its standard errors
};

/// Through `means`, oldest first, at least BlockTrend::kLeast of them: else nothing is known. `floor`: the least
/// standard deviation that one of them can be credited with; `halves`: whether they are asked for.
BlockTrend FitBlocks(std::span<const float> means, double floor, bool halves = true);

}  // namespace lossd::core
