// What has become of the learning rate lately, so that the same trouble does not call for a lower rate twice.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace lossd::core {

class StateReader;
class StateWriter;

/// Knows the highest rates of the last 64 samples that logged one, and through a time of trouble the rate from before
/// it. Where no rate is logged it knows nothing. O(1), no allocation.
class RateHistory {
 public:
  /// `verdict`: the series was diverging or not finite before this sample. `up`: its level is still far above the one
  /// that it rose from, whatever the verdict is by now. Trouble lasts while the verdict does, and after it while the
  /// level is up, for 1000 samples at most.
  void Update(const std::optional<double>& rate, bool verdict, bool up, bool gradients_grow);

  bool trouble() const { return trouble_; }

  /// The rate is a tenth or more below the highest of the last 64 samples: its effect is still to be seen.
  bool lowered_lately() const { return since_lowered_ == 0; }
  /// Samples since lowered_lately() held; the number of all samples where it never has. It stops at 2^32 - 1.
  std::uint32_t since_lowered() const { return since_lowered_; }
  /// In trouble: the rate over that of about 64 samples before the trouble showed; absent where that is not known.
  std::optional<double> left() const;
  /// The gradient norm grows, or grew at some time since the trouble showed.
  bool gradients_grew() const { return gradients_grew_; }

  void Save(StateWriter& out) const;
  bool Load(StateReader& in);

 private:
  static constexpr std::size_t kBlocks = 4;
  static constexpr std::uint32_t kBlock = 16;  ///< samples
  static constexpr std::uint32_t kAftermath = 1000;

  std::array<float, kBlocks> highest_{};      ///< by block of samples, the newest in front
  std::uint32_t logged_ = 0;                  ///< samples with a rate, up to what fills the blocks and a part of one
  std::uint32_t since_lowered_ = 0;           ///< samples
  std::uint32_t since_verdict_ = kAftermath;  ///< samples
  double rate_ = 0;
  double before_ = 0;  ///< the trouble; 0 outside of trouble and where not known
  bool trouble_ = false;
  bool gradients_grew_ = false;
};

}  // namespace lossd::core
