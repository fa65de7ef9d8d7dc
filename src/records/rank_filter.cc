#include "records/rank_filter.h"

namespace lossd::records {

RankFilter::Verdict RankFilter::Judge(std::optional<std::int64_t> rank) {
  if (!rank) return Verdict::kFollow;
  if (followed_) {
    if (*rank == *followed_) {
      rival_records_ = 0;
      return Verdict::kFollow;
    }
    // The ranks of one step come in turn; only a rank that goes on alone is a new leader.
    if (rival_ != rank) {
      if (!rival_) rival_ = rank;
      if (rival_records_ > 0) return Verdict::kIgnore;
      rival_ = rank;
    }
    if (++rival_records_ < kPatience) return Verdict::kIgnore;
    followed_ = rank;
    rival_.reset();
    rival_records_ = 0;
    return Verdict::kFollow;
  }
  if (*rank == 0) {
    followed_ = rank;
    return Verdict::kFollow;
  }
  if (!first_) {
    first_ = rank;
    return Verdict::kHold;
  }
  if (*first_ != *rank) return Verdict::kHold;
  followed_ = rank;
  return Verdict::kRelease;
}

}  // namespace lossd::records
