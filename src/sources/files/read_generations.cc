// How a followed log reads its files, the earlier generations first: the part of TailedPath that knows what may happen
// to a file while it is read.
#include <algorithm>
#include <span>
#include <utility>

#include "os/error_name.h"
#include "sources/files/tailed_path.h"

namespace lossd::sources {
namespace {

using std::chrono::nanoseconds;

constexpr std::size_t kMostGenerations = 8;  // that are open at once
/// How long a rotated file that cannot be read keeps those behind it waiting.
constexpr nanoseconds kPatience = std::chrono::seconds(10);

}  // namespace

bool TailedPath::ReadGenerations(core::Instant now, std::size_t& budget, Turn& turn, std::error_code& error) {
  for (std::size_t i = 0; i < generations_.size();) {
    TailedFile& file = generations_[i];
    const bool current = IsCurrent(i);
    Step step = Step::kOn;
    if (file.seeks_truncated_part()) {
      step = SeekTruncatedPart(i, turn, error);
    } else if (!current || file.changed() || file.stream()) {
      // What stat shows unchanged need not be read; a file that is gone from its path shows nothing.
      step = ReadGeneration(i, now, budget, turn, error);
    }
    if (step == Step::kOn) step = LetRest(i, now, turn);
    if (step == Step::kMore) return true;
    if (step == Step::kStop) return false;
    if (step == Step::kOn) ++i;
  }
  return false;
}

TailedPath::Step TailedPath::SeekTruncatedPart(std::size_t i, Turn& turn, std::error_code& error) {
  const std::size_t behind = generations_.size() - i;
  error = AddTruncatedPart(i);
  if (error) return Step::kStop;
  const std::size_t truncated = generations_.size() - behind;
  generations_[truncated].FoundTruncatedPart();
  for (std::size_t found = i; found <= truncated; ++found) generations_[found].Announce(turn.batches);
  return Step::kAgain;
}

TailedPath::Step TailedPath::ReadGeneration(std::size_t i, core::Instant now, std::size_t& budget, Turn& turn,
                                            std::error_code& error) {
  using Outcome = TailedFile::Outcome;
  TailedFile& file = generations_[i];
  const bool current = IsCurrent(i);
  if (!current) file.LeftItsPath(now.steady);
  const std::uint64_t read_before = file.read_offset();
  const auto result = ReadToEnd(file, now, budget, turn);
  if (result.outcome == Outcome::kMore) return Step::kMore;
  if (result.outcome == Outcome::kTruncated) return BeginAnew(read_before, now, turn);
  const bool gone = result.outcome == Outcome::kReplaced || os::IsAbsence(result.error);
  if (!current && gone) {
    // Rotated on, or nowhere to be found: then what was unread in it is out of reach for now.
    if (!file.only_if_same() && Relocate(file)) return Step::kAgain;
    if (IsOfRemovedPod() && &file == &generations_.back() && counts_.samples > 0) {
      file.SetWriter(core::Writer::kGone);
      file.AnnounceEnd(turn.batches);
    }
    Retire(i, turn);
    return Step::kAgain;
  }
  if (!current && result.error && now.steady - failing_since_.value_or(now.steady) > kPatience) {
    ++state_.totals.errors[os::ErrorName(result.error)];
    failing_since_.reset();
    Retire(i, turn);
    return Step::kAgain;
  }
  if (result.error) {
    if (!current && !failing_since_) failing_since_ = now.steady;
    error = result.error;
    return Step::kStop;
  }
  if (!current) failing_since_.reset();
  return Step::kOn;
}

/// A file that was truncated is read from its begin, though not over and over.
TailedPath::Step TailedPath::BeginAnew(std::uint64_t read_before, core::Instant now, Turn& turn) {
  ++truncations_;
  ++state_.totals.truncations;
  turn.notices.push_back({TailerNotice::Kind::kTruncated, path(), ""});
  last_growth_ = now.steady;
  rest_until_ = now.steady + guard_.StartsOver(read_before, now.steady);
  if (rest_until_ <= now.steady) return Step::kAgain;
  ++state_.totals.errors["reread"];
  return Step::kStop;
}

/// Ends a generation that has left the path and is silent; closes the file at the path where it is.
TailedPath::Step TailedPath::LetRest(std::size_t i, core::Instant now, Turn& turn) {
  TailedFile& file = generations_[i];
  const bool current = IsCurrent(i);
  const nanoseconds silence = now.steady - (current ? last_growth_ : file.grown_at());
  // A log that is rotated all the time keeps no descriptor for each of its pasts.
  const bool crowded = generations_.size() > kMostGenerations && silence > nanoseconds(0);
  if (!current && (silence >= state_.options.rotated_silence || crowded)) {
    file.Finish(turn.batches, counts_);
    file.MarkComplete();
    Retire(i, turn);
    return Step::kAgain;
  }
  const bool too_many = state_.open_files > state_.options.max_open_files;
  if (current && file.is_open() && !file.stream() && (silence >= state_.options.close_after || too_many)) {
    file.Close();
    --state_.open_files;
  }
  return Step::kOn;
}

TailedFile::ReadResult TailedPath::ReadToEnd(TailedFile& file, core::Instant now, std::size_t& budget, Turn& turn) {
  TailedFile::ReadResult result{TailedFile::Outcome::kMore, 0, {}};
  while (budget > 0 && result.outcome == TailedFile::Outcome::kMore) {
    const std::size_t chunk = std::min(state_.buffer.size(), budget + ContentSignature::kTailBytes);
    state_.open_files -= file.is_open();
    result = file.Read(state_.files, std::span(state_.buffer).first(chunk), turn.batches, counts_);
    state_.open_files += file.is_open();
    budget -= std::min(budget, result.bytes);
    if (result.bytes == 0) continue;
    last_growth_ = now.steady;
    file.Grew(now.steady);
  }
  if (result.outcome == TailedFile::Outcome::kClosed) turn.closed.push_back(path());
  return result;
}

void TailedPath::Retire(std::size_t index, Turn& turn) {
  TailedFile& file = generations_[index];
  // A file that is not what its position says is nothing to remember.
  bool deleted = file.stream() || (file.only_if_same() && !file.verified());
  if (file.is_open()) {
    const auto status = file.Status();
    deleted = deleted || (status && status->links == 0);
    --state_.open_files;
  }
  if (deleted) {
    state_.registry.Drop(file.identity());
    turn.forgotten.push_back(file.id());
  } else {
    state_.registry.Release(file.position(), file.id(), turn.forgotten);
  }
  generations_.erase(generations_.begin() + static_cast<std::ptrdiff_t>(index));
  if (generations_.empty()) attached_ = false;
}

}  // namespace lossd::sources
