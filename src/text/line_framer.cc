#include "text/line_framer.h"

#include <algorithm>
#include <utility>

namespace lossd::text {

void LineFramer::Push(std::string_view bytes) {
  piece_ = bytes;
  newline_.known = return_.known = false;
}

std::optional<LineFramer::Line> LineFramer::Next() {
  if (held_emitted_) {
    held_.clear();
    held_emitted_ = false;
    held_truncated_ = false;
  }
  if (piece_.empty()) return std::nullopt;
  if (held_return_) {
    held_return_ = false;
    return Emit({}, piece_.front() == '\n' ? 1 : 0);
  }
  const std::size_t newline = Find('\n', newline_), carriage_return = Find('\r', return_);
  if (carriage_return == std::string_view::npos || carriage_return > newline) {
    if (newline != std::string_view::npos) return Emit(piece_.substr(0, newline), newline + 1);
    HoldBack(piece_);
    pending_ += piece_.size();
    piece_ = {};
    return std::nullopt;
  }
  if (carriage_return + 1 == piece_.size()) {
    HoldBack(piece_.substr(0, carriage_return));
    held_return_ = true;
    pending_ += piece_.size();
    piece_ = {};
    return std::nullopt;
  }
  const bool pair = piece_[carriage_return + 1] == '\n';
  return Emit(piece_.substr(0, carriage_return), carriage_return + (pair ? 2 : 1));
}

std::optional<LineFramer::Line> LineFramer::Finish() {
  if (held_emitted_) {
    held_.clear();
    held_emitted_ = false;
    held_truncated_ = false;
  }
  if (pending_ == 0) return std::nullopt;
  const bool terminated = std::exchange(held_return_, false);
  held_emitted_ = true;
  line_start_ += pending_;
  pending_ = 0;
  return Line{held_, held_truncated_, line_start_, terminated};
}

void LineFramer::Reset(std::uint64_t offset) {
  piece_ = {};
  newline_.known = return_.known = false;
  held_.clear();
  held_truncated_ = held_return_ = held_emitted_ = false;
  pending_ = 0;
  line_start_ = offset;
}

/// Kept between calls: a piece with many of the one and none of the other would otherwise be searched to its end for
/// each.
std::size_t LineFramer::Find(char byte, Place& place) const {
  if (!place.known) place = {piece_.find(byte), true};
  return place.at;
}

std::optional<LineFramer::Line> LineFramer::Emit(std::string_view text, std::size_t consumed) {
  const bool continued = pending_ != 0;
  line_start_ += pending_ + consumed;
  pending_ = 0;
  piece_.remove_prefix(consumed);
  for (Place* const place : {&newline_, &return_}) {
    if (!place->known || place->at == std::string_view::npos) continue;
    place->known = place->at >= consumed;
    place->at -= consumed;
  }
  if (continued) {
    HoldBack(text);
    held_emitted_ = true;
    return Line{held_, held_truncated_, line_start_};
  }
  const bool truncated = text.size() > max_line_;
  if (truncated) text = text.substr(0, max_line_);
  return Line{text, truncated, line_start_};
}

void LineFramer::HoldBack(std::string_view text) {
  const std::size_t room = max_line_ - held_.size();
  if (text.size() > room) {
    text = text.substr(0, room);
    held_truncated_ = true;
  }
  held_.append(text);
}

}  // namespace lossd::text
