// Of several processes that log the same steps, follows one.
#pragma once

#include <cstdint>
#include <optional>

namespace lossd::records {

/// Rank 0 where it logs losses; else the rank that does. No mixture: every rank tells the loss of its own batch. Which
/// rank that is shows only when one of them comes round again, so until then records of other ranks than 0 are to be
/// held back.
class RankFilter {
 public:
  enum class Verdict : std::uint8_t {
    kFollow,   ///< take it; whatever is held back of other ranks is void
    kRelease,  ///< take it, after what is held back of the same rank
    kHold,     ///< hold it back
    kIgnore,
  };

  /// Judges a record with a loss by `rank`; absent ranks are always followed.
  Verdict Judge(std::optional<std::int64_t> rank);

  /// Whether lines of `rank` are not to be read at all.
  bool Excludes(std::optional<std::int64_t> rank) const { return followed_ && rank && *rank != *followed_; }
  std::optional<std::int64_t> followed() const { return followed_; }

 private:
  /// Records of another rank in a row after which the one followed is taken to have left.
  static constexpr int kPatience = 64;

  std::optional<std::int64_t> followed_;
  std::optional<std::int64_t> first_;  // the rank whose record is held back
  std::optional<std::int64_t> rival_;
  int rival_records_ = 0;
};

}  // namespace lossd::records
