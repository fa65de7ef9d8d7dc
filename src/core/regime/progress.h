// Where in its run each sample stands, (epoch, step) in lexical order, and when the run has gone back.
#pragma once

#include <cstdint>
#include <optional>

#include "core/regime/recent_values.h"

namespace lossd::core {

class StateReader;
class StateWriter;

/// A counter that starts anew in each epoch, the most common form of log there is, goes on: because the epoch rises
/// with it, or, where none is printed, because it falls to its beginning from where it fell before while the loss stays
/// nearer to where it was than to where the run began. Lines of several processes that interleave go on, too: what has
/// gone back a little is waited for, one sample long. All else that falls is a restart. O(1), no allocation.
class Progress {
 public:
  enum class Move : std::uint8_t {
    kOnward,   ///< or nothing was printed
    kResumed,  ///< back into the middle: from a checkpoint
    kBegun,    ///< back to the beginning: a new run
  };

  /// Takes the next sample; what is absent is not compared. Its loss, and those before it, decide where the counter
  /// alone leaves it open.
  Move Update(std::optional<std::int64_t> step, std::optional<double> epoch, double value, const RecentValues& before);

  /// The step counted through all epochs seen, where the counter starts anew in each; else the step as printed.
  std::optional<std::int64_t> global_step() const;

  /// Samples since an epoch began, that one not included, and of the epoch before it; 0 where no epoch has been seen to
  /// begin.
  std::uint64_t since_turn() const { return since_turn_; }
  std::uint64_t epoch_samples() const { return epoch_samples_; }

  void Save(StateWriter& out) const;
  bool Load(StateReader& in);

 private:
  Move Judge(std::int64_t step, std::optional<double> epoch, double value, const RecentValues& before);
  Move FallsWithoutEpoch(std::int64_t step, double value, const RecentValues& before);
  Move Wait(std::int64_t step, std::optional<double> epoch, Move otherwise);
  Move Begin(Move move, std::int64_t step, double value);
  void StartEpoch(std::int64_t step);
  void Turn();
  bool NearBeginning(std::int64_t step) const;
  /// Of a run of a few samples: as it began itself, to the digit, and not because nothing moves.
  bool BeginsAlike(std::int64_t step, double value, const RecentValues& before) const;
  bool GoesOn(double value, const RecentValues& before) const;

  bool has_step_ = false;
  bool has_epoch_ = false;
  bool waiting_ = false;  ///< the last sample went back a little: the next one decides
  Move pending_ = Move::kOnward;
  std::uint8_t small_falls_ = 0;  ///< lately, as far as they are counted
  std::uint8_t since_fall_ = 0;   ///< samples, up to what lets the habit be forgotten
  std::uint32_t samples_ = 0;     ///< of the stretch since the counter last began
  std::uint32_t since_turn_ = 0, epoch_samples_ = 0;
  std::int64_t last_ = 0;
  std::int64_t first_ = 0;      ///< of the stretch
  std::int64_t highest_ = 0;    ///< of the stretch
  std::int64_t fell_from_ = 0;  ///< where the stretch before it ended, without an epoch; 0: none
  double before_ = 0;           ///< steps of the epochs before this stretch
  double stride_ = 0;           ///< typical step forward
  double epoch_ = 0;            ///< the highest since the last restart
  double first_epoch_ = 0;
  double first_value_ = 0;  ///< the loss where the run began, or was resumed
};

}  // namespace lossd::core
