// The gradient norm, where logged: it jumps a few steps before the loss does.
#pragma once

#include <cstdint>
#include <optional>

namespace lossd::core {

class StateReader;
class StateWriter;

/// Follows the logarithm of the gradient norm with clipped steps. O(1), no allocation.
class GradientWatch {
 public:
  void Update(const std::optional<double>& norm);

  /// One of the last five norms was far above what the run is used to, or not finite.
  bool surged() const { return since_surge_ < kSurgeMemory; }
  /// The norm stays far above what the run was used to.
  bool grows() const { return elevated_ > 0.5; }
  /// The last norm was logged and is not finite.
  bool broken() const { return broken_; }

  void Save(StateWriter& out) const;
  bool Load(StateReader& in);

 private:
  static constexpr std::uint8_t kSurgeMemory = 5;

  double level_ = 0;                         ///< of the logarithm
  double deviation_ = 0;                     ///< mean absolute innovation
  double elevated_ = 0;                      ///< share of recent norms that were high
  std::uint8_t count_ = 0;                   ///< norms so far, up to the memory of the averages
  std::uint8_t since_surge_ = kSurgeMemory;  ///< samples, up to that
  bool broken_ = false;
};

}  // namespace lossd::core
