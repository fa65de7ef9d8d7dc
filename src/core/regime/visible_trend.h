// What anybody sees who looks at the curve: whether it falls, slows down, or lies flat.
#pragma once

#include <array>
#include <cstdint>

#include "core/regime/block_trend.h"
#include "core/regime/recent_values.h"
#include "core/regime/run_summary.h"
#include "core/regime/swing_meter.h"

namespace lossd::core {

class StateReader;
class StateWriter;

/// Looks back over the whole run (while it is short), its last half, quarter and eighth, each as 16 block means, so
/// that what is plain is told from the twelfth value on and what is slow is told as well: the look-backs grow with the
/// run. Evaluated at every value of a short run, and ever less often in a long one. No allocation.
class VisibleTrend {
 public:
  static constexpr std::uint64_t kFirst = 12;  ///< values before anything is told

  struct Scale {
    double noise = 0;  ///< of a single value
    double digit = 0;  ///< what a printed digit is worth
  };

  /// To be called for each fresh value, after it was pushed to both; `count`: fresh values of the run.
  void Update(const RecentValues& recent, const RunSummary& summary, const SwingMeter& swings, const Scale& scale,
              std::uint64_t count);
  /// Whether the next Update, at `count`, will look.
  bool Looks(std::uint64_t count) const { return count >= next_look_; }

  bool falling() const { return falling_; }
  bool falls() const { return falls_; }      ///< at the last look, not only held from before
  bool slowing() const { return slowing_; }  ///< while falling: the later half by half as fast as the earlier one
  bool flat() const { return flat_; }
  /// The near past goes down, whatever the far one does.
  bool falls_now() const { return falls_now_; }
  /// The near past goes up, by what matters: nobody would call it healthy.
  bool turned() const { return turned_; }
  /// Over the last half (the whole, of fewer than 24 values).
  const BlockTrend& half() const { return half_; }
  std::uint64_t half_values() const { return half_values_; }

  void Clear() { *this = VisibleTrend(); }

  void Save(StateWriter& out) const;
  bool Load(StateReader& in);

 private:
  enum LookBack : std::uint8_t { kWhole, kMost, kHalf, kQuarter, kEighth };  ///< kMost: three quarters
  static constexpr std::size_t kLookBacks = 5;
  using Trends = std::array<BlockTrend, kLookBacks>;

  using Offsets = std::array<float, RecentValues::kCapacity>;  ///< of the recent values, the newest first

  static BlockTrend Look(const Offsets& newest, const RecentValues& recent, const RunSummary& summary,
                         std::uint64_t values, const Scale& scale, bool halves);
  static std::uint64_t NextLook(std::uint64_t count);
  static bool Falls(const BlockTrend& trend, const SwingMeter& swings, const Scale& scale);
  static bool HasStopped(const Trends& trends);
  bool IsFlat(const BlockTrend& trend, double values, const Scale& scale) const;
  void JudgeFlat(const Trends& trends, const Scale& scale, std::uint64_t count, std::uint64_t passed);

  bool falling_ = false;
  bool falls_ = false;
  bool slowing_ = false;
  bool flat_ = false;
  bool turned_ = false;
  bool falls_now_ = false;
  std::uint64_t looked_at_ = 0, next_look_ = kFirst;  ///< count
  std::uint64_t flat_for_ = 0;                        ///< values
  std::uint64_t half_values_ = 0;
  BlockTrend half_;
};

}  // namespace lossd::core
