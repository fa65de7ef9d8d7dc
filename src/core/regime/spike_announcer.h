// When an excursion is announced as a spike: once it has turned, and where it is not the beat of the epoch.
#pragma once

#include <cstdint>

namespace lossd::core {

class StateReader;
class StateWriter;

/// What has not turned may be the beginning of a divergence. What comes at the beginning of an epoch, or again and
/// again at the same distance, is how the run is made: other data, an average that begins anew. O(1).
class SpikeAnnouncer {
 public:
  /// An excursion was proven at this value (see SignificanceTests): it began `since` values ago, at `baseline`.
  void Propose(std::uint64_t value_number, std::uint64_t since, double baseline);

  /// Takes each value with its number; `epoch_turn`: an epoch began within the last few values. True where this value
  /// shows that a proposed excursion has turned, and it is to be announced; not where it was lower than `least`.
  bool Update(std::uint64_t value_number, double value, bool epoch_turn, double least = 0);

  bool waiting() const { return waiting_; }  ///< one was proposed and has not turned
  std::uint64_t onset() const { return onset_; }

  void Clear();

  void Save(StateWriter& out) const;
  bool Load(StateReader& in);

 private:
  bool Beats() const;

  bool waiting_ = false;
  bool at_turn_ = false;
  std::uint64_t onset_ = 0;  ///< number of a value, as are those below
  std::uint64_t proposed_ = 0;
  std::uint64_t before_ = 0, before_that_ = 0;  ///< onsets
  double baseline_ = 0, peak_ = 0;
};

}  // namespace lossd::core
