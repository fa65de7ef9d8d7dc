#include "sources/files/tailed_path.h"

#include <algorithm>
#include <utility>

#include "os/error_name.h"
#include "os/posix_file_system.h"
#include "readers/job_name.h"
#include "sources/files/no_sample_reasons.h"

namespace lossd::sources {
namespace {

using std::chrono::nanoseconds;

constexpr nanoseconds kLongestBackoff = std::chrono::seconds(5);
/// A file found later than at start is news, unless nobody has written to it for this long.
constexpr nanoseconds kOldNews = std::chrono::minutes(1);
/// Below this, two files may well begin with the same bytes by chance (the banner of a job that was started again).
constexpr std::uint64_t kLeastCopy = 4096;

/// Between two looks for the writer of a file: soon while it grows, seldom once it is silent for long.
constexpr nanoseconds kWriterLookFirst = std::chrono::seconds(5);
constexpr nanoseconds kWriterLookLast = std::chrono::minutes(5);
/// A writer that closes its log may open it again for the next line.
constexpr nanoseconds kWriterQuiet = std::chrono::seconds(20);
/// A file that has grown so far without a sample is told.
constexpr std::uint64_t kSilentLines = 200;
constexpr nanoseconds kSilentFor = std::chrono::minutes(10);

}  // namespace

TailedPath::TailedPath(FollowState& state, Options options, core::Instant now)
    : state_(state),
      options_(std::move(options)),
      max_line_bytes_(state.options.max_line_bytes),
      last_growth_(now.steady) {
  state_.logs[options_.path] = this;
  state_.runs.emplace(RunKey(job(), path()), this);
}

TailedPath::~TailedPath() {
  state_.logs.erase(options_.path);
  const auto [first, last] = state_.runs.equal_range(RunKey(job(), path()));
  state_.runs.erase(std::find_if(first, last, [this](const auto& run) { return run.second == this; }));
  for (TailedFile& file : generations_) state_.open_files -= file.is_open();
}

bool TailedPath::Adopt(const Options& options) {
  const bool same = options.job == options_.job && options.source->reader == options_.source->reader &&
                    state_.options.max_line_bytes == max_line_bytes_;
  if (!same) return false;
  options_ = options;
  for (TailedFile& file : generations_) file.SetLabels(options_.labels);
  return true;
}

bool TailedPath::Look(core::Instant now, std::size_t& budget, Turn& turn) {
  const auto status = state_.files.Status(path());
  std::error_code error;
  if (!status) {
    error = status.error();
    if (os::IsAbsence(error)) attached_ = false;
    if (os::IsAbsence(error) && first_look_) {
      if (const std::error_code failure = FindEarlierGenerations(std::nullopt)) error = failure;
    }
  } else if (status->kind == os::FileKind::kDirectory) {
    error = std::make_error_code(std::errc::is_a_directory);
    attached_ = false;
  } else if (status->kind == os::FileKind::kOther) {
    error = std::make_error_code(std::errc::invalid_argument);
    attached_ = false;
  } else {
    error = Arrive(*status, now, turn);
  }
  const bool more = ReadGenerations(now, budget, turn, error);
  if (error) {
    Failed(error, turn);
  } else {
    Succeeded(turn);
  }
  looked_at_ = true;
  behind_ = more && !error;
  LookForWriter(now, turn);
  HearSilence(now, turn);
  // Until a look has gone well, it is to be repeated as if it were the first.
  first_look_ = first_look_ && error && !os::IsAbsence(error);
  return more;
}

std::error_code TailedPath::Arrive(const os::FileStatus& status, core::Instant now, Turn& turn) {
  const FileIdentity identity = IdentityOf(status);
  if (!generations_.empty() && generations_.back().identity() == identity) {
    attached_ = true;
    generations_.back().Saw(status);
    return {};
  }
  if (state_.registry.ReaderOf(identity) != nullptr) {
    // The same file by another name (a hard or symbolic link, or a rotated file that the glob finds too): read once,
    // over there.
    attached_ = false;
    return {};
  }
  if (generations_.empty()) {
    const auto copy = IsCopyOfAnother(status);
    if (!copy) return copy.error();
    if (*copy == Match::kYes) return {};
  }
  if (!generations_.empty()) {
    const auto continues = Continues(status);
    if (!continues) return continues.error();
    if (*continues == Match::kYes) return {};
  }
  if (status.kind == os::FileKind::kRegular) {
    // Without them the file at the path would be read too early.
    const std::size_t known = generations_.size();
    if (const std::error_code error = FindEarlierGenerations(status)) {
      attached_ = false;
      return error;
    }
    for (std::size_t found = known; found < generations_.size(); ++found) generations_[found].Announce(turn.batches);
  }
  if (std::exchange(had_file_, true)) {
    ++rotations_;
    ++state_.totals.rotations;
    turn.notices.push_back({TailerNotice::Kind::kRotated, path(), ""});
  }
  if (first_look_) {
    const bool empty = status.kind == os::FileKind::kRegular && status.size == 0;
    const std::string& other = options_.instead_of;
    turn.notices.push_back({TailerNotice::Kind::kFound, path(),
                            "job " + job() + (other.empty() ? "" : ", for other logs are called " + other + ", too") +
                                (empty ? ", empty so far" : "")});
  }
  Follow(status, now, turn);
  return {};
}

/// Whether the file at the path is a copy of the one that we know: then it is the same log, not the next one.
os::FileResult<Match> TailedPath::Continues(const os::FileStatus& status) {
  TailedFile& known = generations_.back();
  if (status.kind != os::FileKind::kRegular || known.read_offset() < kLeastCopy || status.size < known.read_offset()) {
    return Match::kNo;
  }
  const auto candidate = state_.files.Open(path());
  if (!candidate) return candidate.error();
  const auto holds = MatchesSignature(**candidate, known.ReadPosition());
  if (!holds || *holds == Match::kNo) return holds;
  state_.open_files -= known.is_open();
  state_.registry.Drop(known.identity());
  known.MoveTo(status);
  state_.registry.SetReader(known.identity(), this);
  attached_ = true;
  return Match::kYes;
}

/// Whether this path is what a copying rotation (copytruncate) has made of another log that is followed: that log reads
/// of the copy what was cut off before it was read.
os::FileResult<Match> TailedPath::IsCopyOfAnother(const os::FileStatus& status) const {
  const std::string base(readers::WithoutRotationSuffix(path()));
  const auto original = state_.logs.find(base);
  if (base == path() || original == state_.logs.end() || status.kind != os::FileKind::kRegular) return Match::kNo;
  const auto file = state_.files.Open(path());
  if (!file) return file.error();
  return original->second->IsCopyOfOurs(**file);
}

/// Whole lines count: with part of one, as of "step", many a log begins.
os::FileResult<Match> TailedPath::IsCopyOfOurs(os::ReadableFile& file) const {
  for (const FilePosition* const known : state_.registry.At(path())) {
    const auto holds = MatchesSignature(file, *known);
    if (!holds || *holds == Match::kYes) return holds;
  }
  for (const TailedFile& known : generations_) {
    for (const FilePosition& position : {known.position(), known.before_truncation()}) {
      const auto holds = MatchesSignature(file, position);
      if (!holds || *holds == Match::kYes) return holds;
    }
  }
  return Match::kNo;
}

void TailedPath::Follow(const os::FileStatus& status, core::Instant now, Turn& turn) {
  FilePosition position;
  position.identity = IdentityOf(status);
  std::uint64_t number = 0;
  if (auto known = state_.registry.Recall(position.identity)) {
    position = std::move(known->position);
    number = known->number;
  }
  const bool regular = status.kind == os::FileKind::kRegular;
  const bool from_end = options_.source->from_end && options_.known_at_start && first_look_ && number == 0 && regular;
  if (number == 0) position.modified_ns = status.modified_ns;
  if (from_end) position.offset = status.size;
  TailedFile& file = Insert(generations_.size(), std::move(position), number);
  const nanoseconds age = now.wall.time_since_epoch() - nanoseconds(status.modified_ns);
  if (from_end) file.SetStartAnywhere();
  if (first_look_ && regular && (options_.known_at_start || age > kOldNews)) file.SetHistoryEnd(status.size);
  file.Saw(status);
  attached_ = true;
  last_growth_ = now.steady;
  // Whoever starts after us is to know that we have met this file, even if nothing was read of it.
  if (regular) file.Announce(turn.batches);
}

TailedFile& TailedPath::Insert(std::size_t index, FilePosition position, std::uint64_t number) {
  position.path = path();
  position.real_path = os::IsStreamPath(path()) ? path() : state_.files.Resolve(path());
  position.job = job();
  position.complete = false;
  if (const auto stale = state_.registry.Recall(position.identity); stale && number == 0) number = stale->number;
  if (index > 0 && position.offset == 0) position.primer = generations_[index - 1].header();
  if (records::RewriteDeduplicator::Concern(path())) {
    records::SampleFingerprints read = ReadBefore();
    if (read.size() > position.fingerprints.size()) position.fingerprints = std::move(read);
  }
  const auto file = generations_.emplace(generations_.begin() + static_cast<std::ptrdiff_t>(index),
                                         number != 0 ? number : state_.registry.NewNumber(), std::move(position),
                                         options_.labels, options_.source->reader, state_.options.max_line_bytes);
  state_.registry.SetReader(file->identity(), this);
  return *file;
}

records::SampleFingerprints TailedPath::ReadBefore() const {
  const records::SampleFingerprints* most = nullptr;
  const auto consider = [&](const FilePosition& position) {
    if (most == nullptr || position.fingerprints.size() > most->size()) most = &position.fingerprints;
  };
  const auto [first, last] = state_.runs.equal_range(RunKey(job(), path()));
  for (auto run = first; run != last; ++run) {
    for (const TailedFile& file : run->second->generations_) consider(file.position());
  }
  for (const FilePosition* const position : state_.registry.OfRun(job(), path())) consider(*position);
  return most == nullptr ? records::SampleFingerprints() : *most;
}

void TailedPath::LookForWriter(core::Instant now, Turn& turn) {
  using core::Writer;
  if (generations_.empty() || generations_.back().stream() || counts_.samples == 0) return;
  const nanoseconds silence = now.steady - last_growth_;
  Writer writer = writer_;
  if (!attached_) {
    // Deleted, or a pod's: then the pod has gone.
    if (silence > kWriterQuiet) writer = Writer::kGone;
  } else if (now.steady >= next_writer_look_) {
    const auto status = state_.files.Status(path());
    if (!status) return;
    switch (state_.files.WritersOf(*status)) {
      case os::FileSystem::Writers::kUnknown:
        writer = Writer::kUnknown;
        break;
      case os::FileSystem::Writers::kSeen:
        writer = Writer::kAlive;
        writer_was_seen_ = true;
        break;
      case os::FileSystem::Writers::kUnseen:
        // Whoever was in sight is not hidden now.
        writer = writer_was_seen_ && silence > kWriterQuiet ? Writer::kGone : Writer::kUnseen;
        break;
      case os::FileSystem::Writers::kNone:
        // Some open the file for each line.
        writer = silence > kWriterQuiet ? Writer::kGone : Writer::kUnseen;
        break;
    }
    next_writer_look_ = now.steady + std::clamp(silence / 2, kWriterLookFirst, kWriterLookLast);
  }
  if (writer == writer_) return;
  writer_ = writer;
  TailedFile& file = generations_.back();
  file.SetWriter(writer);
  if (IsOfRemovedPod() && writer == Writer::kGone) {
    file.AnnounceEnd(turn.batches);
  } else {
    file.Announce(turn.batches);
  }
}

void TailedPath::HearSilence(core::Instant now, Turn& turn) {
  using Kind = TailerNotice::Kind;
  if (!counts_.nature.empty() && counts_.samples == 0) {
    if (!std::exchange(reported_no_samples_, true))
      turn.notices.push_back({Kind::kNoText, path(), std::string(counts_.nature)});
    return;
  }
  const std::uint64_t lines = counts_.lines();
  if (lines == 0) return;
  if (!first_growth_) first_growth_ = now.steady;
  if (counts_.samples > 0 || reported_no_samples_) return;
  const bool grew_lately = now.steady - last_growth_ < kSilentFor;
  const bool long_enough = now.steady - *first_growth_ > kSilentFor && grew_lately;
  if (lines < kSilentLines && !long_enough) return;
  reported_no_samples_ = true;
  turn.notices.push_back({Kind::kNoSamples, path(), Joined(NoSampleReasons(counts_))});
}

void TailedPath::Finish(Turn& turn) {
  for (TailedFile& file : generations_) file.Finish(turn.batches, counts_);
}

void TailedPath::Release(std::vector<std::uint64_t>& forgotten) {
  for (TailedFile& file : generations_) {
    state_.open_files -= file.is_open();
    state_.registry.Release(file.position(), file.id(), forgotten);
  }
  generations_.clear();
  attached_ = false;
}

void TailedPath::Failed(std::error_code error, Turn& turn) {
  ++state_.totals.errors[os::ErrorName(error)];
  if (!error_) {
    using Kind = TailerNotice::Kind;
    const Kind kind = !os::IsAbsence(error) ? Kind::kError : generations_.empty() ? Kind::kMissing : Kind::kGone;
    turn.notices.push_back({kind, path(), error.message()});
  }
  error_ = error;
}

void TailedPath::Succeeded(Turn& turn) {
  if (error_) turn.notices.push_back({TailerNotice::Kind::kRecovered, path(), ""});
  error_ = {};
  backoff_ = nanoseconds{0};
}

nanoseconds TailedPath::NextLook(core::Instant now, nanoseconds idle_interval) {
  const nanoseconds busy = state_.options.busy_interval;
  if (rest_until_ > now.steady) return rest_until_ - now.steady;
  if (!error_) return std::clamp((now.steady - last_growth_) / 4, busy, std::max(busy, idle_interval));
  backoff_ = std::clamp(backoff_ * 2, busy, std::max(kLongestBackoff, state_.options.idle_interval));
  // A file that is not there yet may come any moment; one that fails is left in peace for longer each time.
  return os::IsAbsence(error_) ? std::min(backoff_, std::max(busy, idle_interval)) : backoff_;
}

void TailedPath::AddCounts(TailerStats& stats) const {
  stats.bytes += counts_.bytes;
  stats.lines_matched += counts_.matched;
  for (const auto& [reason, count] : counts_.ignored) stats.lines_ignored[reason] += count;
}

FileStats TailedPath::stats() const {
  FileStats stats;
  stats.path = path();
  stats.job = job();
  stats.bytes = counts_.bytes;
  stats.lines_matched = counts_.matched;
  stats.lines_ignored = counts_.ignored;
  stats.lines = counts_.lines();
  stats.samples = counts_.samples;
  stats.last_ignored = counts_.last_ignored.All();
  if (reported_no_samples_ && counts_.samples == 0) stats.silent_reasons = NoSampleReasons(counts_);
  stats.rotations = rotations_;
  stats.truncations = truncations_;
  if (error_) stats.error = os::ErrorName(error_);
  if (!generations_.empty()) {
    const TailedFile& file = generations_.back();
    stats.size = file.position().size;
    stats.offset = file.position().offset;
    stats.open = file.is_open();
  }
  return stats;
}

}  // namespace lossd::sources
