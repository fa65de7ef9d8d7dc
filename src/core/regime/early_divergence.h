// Rises that nobody could miss: a blow-up while it is young, a jump that stays, a resume that comes back worse.
#pragma once

#include <cmath>
#include <cstdint>
#include <optional>

#include "core/regime/recent_values.h"
#include "core/regime/swing_meter.h"

namespace lossd::core {

class StateReader;
class StateWriter;

/// Gross by every measure at once: the noise, the loss itself, and its own swings. So it needs neither a long history
/// nor independent samples. Holds until the loss has come back, or plainly falls again. O(1) on a quiet series,
/// O(96) on one that is up; no allocation.
class EarlyDivergence {
 public:
  /// What else is known when a value comes.
  struct Signs {
    bool rise_expected = false;  ///< by the schedule of the learning rate: none begins now, a next one begins from here
    bool alike = false;          ///< neighbours are, so that many of them say little more than one
    bool waves = false;          ///< the loss oscillates: to come down for a few values is to come back
  };

  /// Takes the next fresh value, the newest of `recent`; `level`: the median of the last five; `count`: fresh values of
  /// the run; `noise`: of a single value.
  void Update(const RecentValues& recent, double level, const SwingMeter& swings, double noise, std::uint64_t count,
              const Signs& signs) {
    ++since_least_;
    if (count <= 1 || level < least_ || (signs.rise_expected && !active_)) {
      least_ = level;
      since_least_ = 0;
    }
    if (active_) {
      Follow(recent, noise, level, signs.waves);
    } else if (noise > 0 && !signs.rise_expected && (resumed_ || level - least_ >= kStepShare * std::abs(least_)) &&
               Begins(recent, swings, noise, count, level, signs.alike)) {
      Enter(baseline_, level, noise);
    }
  }

  /// A resume whose run stood at `level` before: to come back worse and stay so is a divergence since the resume.
  void Resume(double level, double noise);
  /// The level from before the resume, as long as the run is compared with it.
  std::optional<double> level_before() const { return resumed_ ? std::optional(before_) : std::nullopt; }

  double noise_before() const { return before_noise_; }  ///< of a single value at that time

  bool active() const { return active_; }
  std::uint64_t age() const { return age_; }     ///< samples since it was told, up to 32 bits of them
  double baseline() const { return baseline_; }  ///< the level that it rose from
  double noise() const { return noise_; }        ///< of a single value, where it began
  double peak() const { return peak_; }          ///< the highest level since

  /// Forgets all but a level from before a resume.
  void Clear();

  void Save(StateWriter& out) const;
  bool Load(StateReader& in);

 private:
  static constexpr double kStepShare = 0.2;  ///< of the lowest level: the least rise

  bool Begins(const RecentValues& recent, const SwingMeter& swings, double noise, std::uint64_t count, double level,
              bool alike);
  static bool LastAbove(const RecentValues& recent, std::size_t count, double line, std::size_t exceptions);
  static bool AboveAllBefore(const RecentValues& recent, std::size_t last, double noise, double& from);
  void Enter(double baseline, double level, double noise);
  void Follow(const RecentValues& recent, double noise, double level, bool waves);

  bool active_ = false;
  bool resumed_ = false;
  std::uint8_t ended_by_itself_ = 0;  ///< divergences that came to nothing: the next one must be plainer
  std::uint32_t since_peak_ = 0;
  std::uint32_t back_for_ = 0;  ///< samples in a row near the baseline
  std::uint32_t age_ = 0;
  std::uint64_t since_least_ = 0;  ///< values
  double least_ = 0;               ///< lowest median of five of the run
  double baseline_ = 0, peak_ = 0, noise_ = 0;
  double largest_ended_ = 0;  ///< rise of a divergence that came to nothing
  double before_ = 0, before_noise_ = 0;
};

}  // namespace lossd::core
