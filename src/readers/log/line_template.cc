#include "readers/log/line_template.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <tuple>
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
  learnt.prefix_ = prefix;
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
    } else if (piece->tail == Tail::kWord) {
      const char* const begin = at;
      while (at != end && text::IsLetter(*at)) ++at;
      const auto known = words_.find(string_view(begin, static_cast<std::size_t>(at - begin)));
      if (known == words_.end()) return nullptr;
      reading_.layout = known->second;
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

bool LineTemplate::MeansTheSame(const LineTemplate& other) const {
  const records::Record &a = learnt_, &b = other.learnt_;
  const auto traits = [](const records::Record& of) {
    const auto stands = [](std::uint32_t at) { return at != records::Record::kNowhere; };
    return std::tuple(of.step_rank, of.step_form, of.total_steps, of.counters, of.learning_rate_scope,
                      of.gradient_norm_scope, of.rank, of.shape, of.trust, of.standing, of.whole_epoch, of.announces,
                      of.has_eval, of.nan_iterations, of.format, stands(of.step_at), stands(of.epoch_at),
                      stands(of.learning_rate_at), stands(of.gradient_norm_at), stands(of.rank_at), of.loss_count());
  };
  if (traits(a) != traits(b) || rank_ != other.rank_) return false;
  for (std::size_t i = 0; i < a.loss_count(); ++i) {
    const auto loss_traits = [](const records::LossValue& of) {
      return std::tuple(string_view(of.series), of.kind, of.phase, of.form, of.scope);
    };
    if (loss_traits(a.loss(i)) != loss_traits(b.loss(i))) return false;
  }
  const auto slot_traits = [](const Slot& of) { return std::tuple(of.target, of.loss, of.integral); };
  return std::ranges::equal(slots_, other.slots_, {}, slot_traits, slot_traits);
}

std::optional<std::size_t> LineTemplate::OnlyOtherText(const LineTemplate& other) const {
  if (pieces_.size() != other.pieces_.size()) return std::nullopt;
  std::optional<std::size_t> found;
  for (std::size_t i = 0; i < pieces_.size(); ++i) {
    const Piece &a = pieces_[i], &b = other.pieces_[i];
    if (a.padded != b.padded || a.tail != b.tail || a.slot != b.slot) return std::nullopt;
    if (TextOf(a) == other.TextOf(b)) continue;
    if (found) return std::nullopt;
    found = i;
  }
  return found;
}

bool LineTemplate::CutOutWord(std::size_t at, string_view text) {
  const string_view own = TextOf(pieces_[at]);
  const auto word_end = [](string_view of, std::size_t i) {
    while (i < of.size() && text::IsLetter(of[i])) ++i;
    return i;
  };
  std::size_t begin = static_cast<std::size_t>(std::ranges::mismatch(own, text).in1 - own.begin());
  while (begin > 0 && text::IsLetter(own[begin - 1])) --begin;
  const std::size_t end = word_end(own, begin), other_end = word_end(text, begin);
  if (end == begin || other_end == begin || own.substr(end) != text.substr(other_end)) return false;
  // The record may begin in front of the word or behind it.
  if (record_piece_ == at && record_offset_ > begin && record_offset_ < end) return false;
  Piece before = pieces_[at];
  before.length = static_cast<std::uint32_t>(begin);
  before.padded = false;
  before.tail = Tail::kWord;
  words_.emplace(own.substr(begin, end - begin), learnt_.layout);
  pieces_[at].begin += static_cast<std::uint32_t>(end);
  pieces_[at].length -= static_cast<std::uint32_t>(end);
  pieces_.insert(pieces_.begin() + static_cast<std::ptrdiff_t>(at), before);
  if (record_piece_ > at) {
    ++record_piece_;
  } else if (record_piece_ == at && record_offset_ >= end) {
    ++record_piece_;
    record_offset_ -= end;
  }
  return true;
}

bool LineTemplate::Take(const LineTemplate& other) {
  const auto prefix_of = [](const LineTemplate& of) { return string_view(of.text_).substr(0, of.prefix_); };
  if (words_.size() == kMostWords || prefix_of(*this) != prefix_of(other) || !MeansTheSame(other)) return false;
  if (words_.empty()) {
    const std::optional<std::size_t> differs = OnlyOtherText(other);
    if (!differs || !CutOutWord(*differs, other.TextOf(other.pieces_[*differs]))) return false;
  }
  return TakeWord(other);
}

/// The other has no place for a word, so that its text there stands in one piece.
bool LineTemplate::TakeWord(const LineTemplate& other) {
  if (pieces_.size() != other.pieces_.size() + 1) return false;
  string_view word;
  for (std::size_t i = 0, k = 0; k < other.pieces_.size(); ++i, ++k) {
    const Piece& theirs = other.pieces_[k];
    string_view text = other.TextOf(theirs);
    if (pieces_[i].tail == Tail::kWord) {
      const string_view before = TextOf(pieces_[i++]), behind = TextOf(pieces_[i]);
      if (text.size() <= before.size() + behind.size() || !text.starts_with(before) || !text.ends_with(behind))
        return false;
      word = text.substr(before.size(), text.size() - before.size() - behind.size());
      text = behind;
    }
    const Piece& own = pieces_[i];
    if (TextOf(own) != text || own.padded != theirs.padded || own.tail != theirs.tail || own.slot != theirs.slot)
      return false;
  }
  if (word.empty() || !std::ranges::all_of(word, text::IsLetter)) return false;
  words_.emplace(word, other.learnt_.layout);
  return true;
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
  if (std::ranges::any_of(templates_, [&](LineTemplate& known) { return known.Take(*learnt); })) return;
  if (templates_.size() == kMost) templates_.pop_back();
  learnt->Name(++learnt_);
  templates_.insert(templates_.begin(), std::move(*learnt));
}

}  // namespace lossd::readers
