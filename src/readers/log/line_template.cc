#include "readers/log/line_template.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

#include "text/characters.h"
#include "text/hash.h"
#include "text/number.h"

namespace lossd::readers {
namespace {

using std::string_view;

/// Of short texts: a call of memcmp for each costs more than the comparison.
bool SameBytes(const char* a, const char* b, std::size_t size) {
  const auto differ = [&]<class Word>(std::size_t at, Word) {
    Word x, y;
    std::memcpy(&x, a + at, sizeof x);
    std::memcpy(&y, b + at, sizeof y);
    return x != y;
  };
  if (size >= 8) {
    for (std::size_t i = 0; i + 8 < size; i += 8) {
      if (differ(i, std::uint64_t{})) return false;
    }
    return !differ(size - 8, std::uint64_t{});
  }
  if (size >= 4) return !differ(0, std::uint32_t{}) && !differ(size - 4, std::uint32_t{});
  for (std::size_t i = 0; i < size; ++i) {
    if (a[i] != b[i]) return false;
  }
  return true;
}

bool Same(double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); }

}  // namespace

std::optional<LineTemplate> LineTemplate::Learn(string_view line, std::size_t prefix, std::optional<std::int64_t> rank,
                                                const records::Record& reading) {
  LineTemplate learnt;
  learnt.learnt_ = reading;
  learnt.rank_ = rank;
  if (!learnt.FindSlots(line, prefix)) return std::nullopt;
  learnt.Cut(line, prefix);
  learnt.reading_ = reading;
  return learnt;
}

/// Places in the reading are counted from behind the prefix.
bool LineTemplate::FindSlots(string_view line, std::size_t prefix) {
  const auto find = [&](Target target, std::size_t offset, double value, std::size_t loss) {
    const std::size_t at = prefix + offset;
    const auto number = at < line.size() ? text::ScanNumber(line.substr(at)) : std::nullopt;
    if (!number || !Same(number->value, value)) return false;
    slots_.push_back({target, static_cast<std::uint32_t>(at), loss, number->integral});
    return true;
  };
  const auto find_if_read = [&](Target target, std::uint32_t at, const auto& value) {
    return at == records::Record::kNowhere || (value && find(target, at, static_cast<double>(*value), 0));
  };
  bool found = find_if_read(Target::kStep, learnt_.step_at, learnt_.step);
  found = found && find_if_read(Target::kEpoch, learnt_.epoch_at, learnt_.epoch);
  found = found && find_if_read(Target::kLearningRate, learnt_.learning_rate_at, learnt_.learning_rate);
  found = found && find_if_read(Target::kGradientNorm, learnt_.gradient_norm_at, learnt_.gradient_norm);
  for (std::size_t i = 0; found && i < learnt_.loss_count(); ++i) {
    found = find(Target::kLoss, learnt_.loss(i).at, learnt_.loss(i).value, i);
  }
  if (!found) return false;
  std::sort(slots_.begin(), slots_.end(), [](const Slot& a, const Slot& b) { return a.at < b.at; });
  for (std::size_t i = 1; i < slots_.size(); ++i) {
    if (slots_[i].at == slots_[i - 1].at) return false;
  }
  return true;
}

/// Digits of a name are no numbers: "QF1 Loss" is not "QF2 Loss".
bool LineTemplate::IsInName(std::size_t at) const {
  for (std::size_t i = 0; i < learnt_.loss_count(); ++i) {
    if (at >= learnt_.loss(i).name_begin && at < learnt_.loss(i).name_end) return true;
  }
  return false;
}

LineTemplate::Piece& LineTemplate::PieceForText() {
  return !pieces_.empty() && pieces_.back().takes_text() ? pieces_.back() : pieces_.emplace_back();
}

LineTemplate::Piece& LineTemplate::PieceForTail() {
  return !pieces_.empty() && pieces_.back().tail == Tail::kNone ? pieces_.back() : pieces_.emplace_back();
}

/// Cuts the line into text that must stay and numbers that may change.
void LineTemplate::Cut(string_view line, std::size_t prefix) {
  text_ = line;
  std::size_t next_slot = 0;
  std::size_t i = 0;
  const auto add_text = [&](std::size_t begin, std::size_t end) {
    if (begin == end) return;
    Piece& piece = PieceForText();
    if (piece.length == 0) piece.begin = static_cast<std::uint32_t>(begin);
    piece.length += static_cast<std::uint32_t>(end - begin);
  };
  add_text(0, prefix);
  i = prefix;
  bool behind_slash = false;  // a total: it changes only where another run begins
  while (i < line.size()) {
    if (i == prefix + learnt_.record_at) {
      record_offset_ = PieceForText().length;
      record_piece_ = pieces_.size() - 1;
    }
    if (next_slot < slots_.size() && slots_[next_slot].at == i) {
      Piece& piece = PieceForTail();
      piece.tail = Tail::kNumber;
      piece.slot = static_cast<std::uint32_t>(next_slot++);
      i += text::ScanNumber(line.substr(i))->length;
      behind_slash = false;
      continue;
    }
    if (text::IsDigit(line[i])) {
      const std::size_t begin = i;
      while (i < line.size() && text::IsDigit(line[i])) ++i;
      if (behind_slash || begin == prefix + learnt_.rank_at || IsInName(begin - prefix)) {
        add_text(begin, i);
      } else {
        PieceForTail().tail = Tail::kDigits;
      }
      behind_slash = false;
      continue;
    }
    if (line[i] == ' ') {
      const std::size_t begin = i;
      while (i < line.size() && line[i] == ' ') ++i;
      const bool number_follows =
          i < line.size() && (text::IsDigit(line[i]) || (next_slot < slots_.size() && slots_[next_slot].at == i));
      if (number_follows && !behind_slash && i != prefix + learnt_.rank_at) {
        PieceForText().padded = true;
      } else {
        add_text(begin, i);
      }
      continue;
    }
    behind_slash = line[i] == '/';
    add_text(i, i + 1);
    ++i;
  }
}

bool LineTemplate::Fill(const Slot& slot, const text::Number& number) {
  switch (slot.target) {
    case Target::kStep:
      if (number.integral != slot.integral || number.value < 0) return false;
      reading_.step = text::AsStep(number);
      return reading_.step.has_value();
    case Target::kEpoch:
      if (number.integral != slot.integral) return false;
      reading_.epoch = number.value;
      return true;
    case Target::kLearningRate:
      reading_.learning_rate = number.value;
      return true;
    case Target::kGradientNorm:
      reading_.gradient_norm = number.value;
      return true;
    case Target::kLoss:
      reading_.loss(slot.loss).value = number.value;
      return true;
  }
  return false;
}

records::Record* LineTemplate::Match(string_view line) {
  const char* at = line.data();
  const char* const end = at + line.size();
  std::size_t record = line.size();
  const Piece* const record_piece = pieces_.data() + record_piece_;
  const Piece* const last = pieces_.data() + pieces_.size();
  for (const Piece* piece = pieces_.data(); piece != last; ++piece) {
    if (piece == record_piece) record = static_cast<std::size_t>(at - line.data()) + record_offset_;
    if (static_cast<std::size_t>(end - at) < piece->length ||
        !SameBytes(at, text_.data() + piece->begin, piece->length))
      return nullptr;
    at += piece->length;
    if (piece->padded) {
      if (at == end || *at != ' ') return nullptr;
      while (++at != end && *at == ' ') continue;
    }
    if (piece->tail == Tail::kDigits) {
      if (at == end || !text::IsDigit(*at)) return nullptr;
      while (++at != end && text::IsDigit(*at)) continue;
    } else if (piece->tail == Tail::kNumber) {
      const auto number = text::ScanNumber({at, static_cast<std::size_t>(end - at)});
      if (!number || !Fill(slots_[piece->slot], *number)) return nullptr;
      at += number->length;
    }
  }
  if (at != end) return nullptr;
  // What the selector joined to the last one is of that one.
  if (learnt_.step_at == records::Record::kNowhere) reading_.step.reset();
  if (learnt_.epoch_at == records::Record::kNowhere) reading_.epoch.reset();
  if (learnt_.learning_rate_at == records::Record::kNowhere) reading_.learning_rate.reset();
  if (learnt_.gradient_norm_at == records::Record::kNowhere) reading_.gradient_norm.reset();
  reading_.whole_epoch = learnt_.whole_epoch;
  reading_.trust = learnt_.trust;
  reading_.text = text::HashOfRecord(line.substr(std::min(record, line.size())));
  return &reading_;
}

LineTemplate* TemplateCache::Find(string_view line, records::Record*& reading) {
  for (std::size_t i = 0; i < templates_.size(); ++i) {
    reading = templates_[i].Match(line);
    if (reading == nullptr) continue;
    learnt_in_vain_ = 0;
    return &templates_[i];
  }
  return nullptr;
}

void TemplateCache::Learn(string_view line, std::size_t prefix, std::optional<std::int64_t> rank,
                          const records::Record& reading) {
  constexpr std::uint32_t kPatience = 64, kSeldom = 64;
  constexpr std::size_t kLongest = 2048;
  if (line.size() > kLongest || (++learnt_in_vain_ > kPatience && learnt_in_vain_ % kSeldom != 0)) return;
  auto learnt = LineTemplate::Learn(line, prefix, rank, reading);
  if (!learnt) return;
  if (templates_.size() == kMost) templates_.pop_back();
  templates_.insert(templates_.begin(), std::move(*learnt));
}

}  // namespace lossd::readers
