// One path that is followed, through all the files that are found at it one after the other.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "os/file_system.h"
#include "sources/files/file_registry.h"
#include "sources/files/reread_backoff.h"
#include "sources/files/rotated_files.h"
#include "sources/files/tailed_file.h"
#include "sources/files/tailer.h"

namespace lossd::sources {

/// What the logs of one tailer share; lives as long as they do.
struct FollowState {
  os::FileSystem& files;
  TailerOptions options;
  FileRegistry registry;
  std::vector<char> buffer;
  TailerStats totals;  ///< what is counted over all files, and the line counts of those that are gone
  std::size_t open_files = 0;
  std::map<std::string, const TailedPath*> logs = {};       ///< by path
  std::multimap<std::string, const TailedPath*> runs = {};  ///< by RunKey
};

/// Not thread-safe. Each look compares what stat says of the path with what we know, and reads what there is, oldest
/// file first: a rotated file is read to its end before the one that took its place.
class TailedPath {
 public:
  struct Options {
    std::string path;
    std::string job;
    std::string instead_of;  ///< the name that the path alone would have given the job; "" where it is that
    core::Labels labels;
    const SourceOptions* source = nullptr;  ///< must outlive the log
    bool known_at_start = false;
  };
  TailedPath(FollowState& state, Options options, core::Instant now);
  /// Leaves no descriptor behind; the files' positions stay in the registry.
  ~TailedPath();
  TailedPath(const TailedPath&) = delete;
  TailedPath& operator=(const TailedPath&) = delete;

  /// Goes on under other options, as after a reload, with what has been read and is held back. False, and nothing has
  /// changed, where the log would have been read otherwise with them (another job, other patterns): then it is to begin
  /// anew, from where its files stand.
  bool Adopt(const Options& options);

  using Turn = Tailer::Turn;
  /// Reads at most `budget`, which it lowers. Returns whether bytes are left unread for lack of it.
  bool Look(core::Instant now, std::size_t& budget, Turn& turn);
  /// Nobody will append any more: unterminated last lines count.
  void Finish(Turn& turn);
  /// Gives the files back to the registry.
  void Release(std::vector<std::uint64_t>& forgotten);

  /// How long from now until the next look, by what the last one found.
  std::chrono::nanoseconds NextLook(core::Instant now, std::chrono::nanoseconds idle_interval);

  bool looked_at() const { return looked_at_; }
  /// Whether the last look, if any, left bytes unread for lack of a budget, and did not fail.
  bool behind() const { return behind_ || !looked_at_; }
  FileStats stats() const;
  /// Adds what its lines came to.
  void AddCounts(TailerStats& stats) const;
  const std::string& path() const { return options_.path; }
  const std::string& job() const { return options_.job; }
  /// No file is left: nothing at the path, nothing to drain.
  bool empty() const { return generations_.empty(); }

 private:
  std::error_code Arrive(const os::FileStatus& status, core::Instant now, Turn& turn);
  void Follow(const os::FileStatus& status, core::Instant now, Turn& turn);
  /// `arrived`: what is at the path now, if anything.
  std::error_code FindEarlierGenerations(const std::optional<os::FileStatus>& arrived);
  // Its stages.
  struct EarlierSearch;
  std::error_code LookAtArrived(const std::optional<os::FileStatus>& arrived, EarlierSearch& search) const;
  std::error_code ListRotated(const std::optional<os::FileStatus>& arrived, EarlierSearch& search) const;
  std::error_code PlaceKnown(std::size_t i, EarlierSearch& search) const;
  std::int64_t NewestKnown(const EarlierSearch& search) const;
  void TakeUp(const EarlierSearch& search);
  bool AddCompressed(const std::vector<RotatedFile>& rotated, const FilePosition& position, std::uint64_t number,
                     std::size_t index);
  std::error_code AddTruncatedPart(std::size_t index);
  os::FileResult<std::vector<const RotatedFile*>> FindMissed(const std::vector<RotatedFile>& rotated, std::size_t first,
                                                             std::int64_t newer_than) const;
  void InsertMissed(std::size_t index, const RotatedFile& file);
  TailedFile& Insert(std::size_t index, FilePosition position, std::uint64_t number);
  os::FileResult<Match> IsKnown(const FileIdentity& identity, os::ReadableFile& file) const;
  os::FileResult<Match> IsCopyOfOurs(os::ReadableFile& file) const;
  /// The samples that were read so far of this log, or of another of the job that goes by the same file name.
  records::SampleFingerprints ReadBefore() const;
  bool Relocate(TailedFile& file);
  os::FileResult<Match> Continues(const os::FileStatus& status);
  os::FileResult<Match> IsCopyOfAnother(const os::FileStatus& status) const;
  bool ReadGenerations(core::Instant now, std::size_t& budget, Turn& turn, std::error_code& error);
  /// What is to be done once a generation was looked at.
  enum class Step : std::uint8_t {
    kOn,     ///< the next one
    kAgain,  ///< what is at the same place now
    kMore,   ///< none: the budget has ended before the file did
    kStop,   ///< none, for now
  };
  /// Whether this generation is the file at the path.
  bool IsCurrent(std::size_t i) const { return attached_ && i + 1 == generations_.size(); }
  Step SeekTruncatedPart(std::size_t i, Turn& turn, std::error_code& error);
  Step ReadGeneration(std::size_t i, core::Instant now, std::size_t& budget, Turn& turn, std::error_code& error);
  Step BeginAnew(std::uint64_t read_before, core::Instant now, Turn& turn);
  Step LetRest(std::size_t i, core::Instant now, Turn& turn);
  /// Ends with kMore where the budget ended before the file did.
  TailedFile::ReadResult ReadToEnd(TailedFile& file, core::Instant now, std::size_t& budget, Turn& turn);
  void Retire(std::size_t index, Turn& turn);
  /// Looks, seldom, whether anybody has the file open for writing, and tells where that has changed.
  void LookForWriter(core::Instant now, Turn& turn);
  /// Of a pod that is gone with its logs: kubelet keeps them for as long as there is a pod.
  bool IsOfRemovedPod() const { return !attached_ && options_.source->preset == Preset::kKubernetesPods; }
  /// Once, where the file has grown for long without giving a sample.
  void HearSilence(core::Instant now, Turn& turn);
  void Failed(std::error_code error, Turn& turn);
  void Succeeded(Turn& turn);

  FollowState& state_;
  Options options_;
  std::size_t max_line_bytes_;  ///< as of the start
  /// Oldest first. All but the last are no longer at the path; the last may be gone from it, too (`attached_` is false
  /// then).
  std::deque<TailedFile> generations_;
  bool attached_ = false;
  bool first_look_ = true;
  bool looked_at_ = false, behind_ = false;
  bool had_file_ = false;
  std::chrono::nanoseconds last_growth_;
  std::chrono::nanoseconds backoff_{0};
  std::optional<std::chrono::nanoseconds> failing_since_;  ///< of the oldest file, while it is not at the path
  std::error_code error_;
  RereadBackoff guard_;
  std::chrono::nanoseconds rest_until_{0};  ///< the guard wants the file left alone so long
  core::Writer writer_ = core::Writer::kUnknown;
  bool writer_was_seen_ = false;
  std::chrono::nanoseconds next_writer_look_{0};
  std::optional<std::chrono::nanoseconds> first_growth_;
  bool reported_no_samples_ = false;
  LineCounts counts_;
  std::uint64_t rotations_ = 0, truncations_ = 0;
};

}  // namespace lossd::sources
