#include "export/shared_pieces.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace lossd::exporter {

void SharedPieces::End() {
  if (--clients_ >= 2) return;
  kept_.clear();
  bytes_ = 0;
}

std::shared_ptr<KnownSeries> SharedPieces::known() {
  std::shared_ptr<KnownSeries> known = known_.lock();
  if (!known) known_ = known = std::make_shared<KnownSeries>();
  return known;
}

bool SharedPieces::Next(PagePieces& pieces, std::string& piece, std::chrono::nanoseconds now) {
  while (!kept_.empty() && (now - kept_.front().made_at > kFresh || bytes_ > kMostBytes)) {
    bytes_ -= kept_.front().text.size();
    kept_.pop_front();
  }
  const auto begin = pieces.position();
  if (clients_ < 2 || !begin) return pieces.Next(piece);
  const auto kept = std::ranges::find_if(
      kept_, [&](const Kept& other) { return other.format == pieces.format() && other.begin == *begin; });
  if (kept != kept_.end()) {
    piece += kept->text;
    pieces.GoTo(kept->end);
    return true;
  }
  std::string made;
  const bool more = pieces.Next(made);
  piece += made;
  // The last piece of the jobs goes over into what the parts tell, which is of its own moment.
  if (const auto end = pieces.position()) {
    bytes_ += made.size();
    kept_.push_back({pieces.format(), *begin, *end, now, std::move(made)});
  }
  return more;
}

}  // namespace lossd::exporter
