// The whole run in at most 64 block means, however long it is.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace lossd::core {

class StateReader;
class StateWriter;

/// When all blocks are full, neighbours are merged and a block takes twice as many values. Held in single precision
/// relative to the first value. O(1) amortised, no allocation.
class RunSummary {
 public:
  static constexpr std::size_t kBlocks = 64;

  void Push(double value);
  void Clear();

  std::uint64_t block_size() const { return width_; }  ///< values in a block: a power of two
  std::size_t blocks() const { return count_; }        ///< that are full
  /// Mean of the block closed `age` blocks ago, less origin().
  float Offset(std::size_t age) const { return means_[count_ - 1U - age]; }
  double origin() const { return origin_; }

  void Save(StateWriter& out) const;
  bool Load(StateReader& in);

 private:
  double origin_ = 0;
  double sum_ = 0;  ///< of the block at hand
  std::uint64_t width_ = 1;
  std::uint32_t filled_ = 0;  ///< of the block at hand
  std::uint8_t count_ = 0;
  bool started_ = false;
  std::array<float, kBlocks> means_{};
};

}  // namespace lossd::core
