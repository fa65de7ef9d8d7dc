// What a log tells of the loss scaler of half precision: its scale, and the steps that it skipped.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace lossd::readers {

/// Fed with every line of a log in order: Megatron's, DeepSpeed's, apex', fairseq's, and any `loss_scale` with its
/// value. Cheap for other lines. Not thread-safe.
class LossScaler {
 public:
  struct News {
    std::optional<double> scale;
    std::uint64_t skipped = 0;  ///< steps since the last news; a count of all steps so far says nothing the first time
    bool counts = false;        ///< the log counts skipped steps, be it none

    bool any() const { return scale.has_value() || counts; }
  };

  void Read(std::string_view line);
  /// What the lines since the last call told.
  News Take();

 private:
  News news_;
  std::optional<std::uint64_t> total_;  ///< as the log last gave it
};

}  // namespace lossd::readers
