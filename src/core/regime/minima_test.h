// Whether the least losses of the series have risen, where noise has a sharp lower edge.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace lossd::core {

class StateReader;
class StateWriter;

/// Where a few hard batches make most of the mean, a rise of every loss by less than the median drowns in their
/// scatter, but it lifts the floor. Compares the minima of the last 16 blocks of 16 samples with those of the 16 blocks
/// before by rank (Mann-Whitney): deaf to how far the rest scatters. Only where the floor is sharp: with symmetric
/// noise less noise would lift the minima too. O(1), no allocation.
class MinimaTest {
 public:
  /// Takes the next value, pulled in to a few noise deviations. Where this sample proves a rise: how far the median of
  /// the minima went up. Else 0.
  double Update(double value);

  void Clear();

  void Save(StateWriter& out) const;
  bool Load(StateReader& in);

 private:
  static constexpr std::size_t kBlocks = 24;
  double Compare() const;

  double origin_ = 0;  ///< the first value: all others are held relative to it, for precision
  std::array<float, kBlocks> minima_{};
  float least_ = 0;            ///< of the block at hand
  float sum_ = 0;              ///< of the block at hand
  float reach_ = 0;            ///< of the mean of a block above its minimum, smoothed over as many blocks
  std::uint32_t samples_ = 0;  ///< of the block at hand
  std::uint32_t blocks_ = 0;
};

}  // namespace lossd::core
