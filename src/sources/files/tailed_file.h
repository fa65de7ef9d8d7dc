// One file on disk, read from an offset as it grows: the bytes behind one (device, inode).
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "os/file_system.h"
#include "readers/log/loss_scaler.h"
#include "readers/log/run_outcome.h"
#include "readers/log_stream.h"
#include "records/rewrite_deduplicator.h"
#include "sources/files/file_position.h"
#include "sources/files/ignored_lines.h"
#include "sources/files/tailer.h"

namespace lossd::sources {

/// What the lines, or records, of one file came to.
struct LineCounts {
  std::uint64_t bytes = 0;
  std::uint64_t matched = 0;
  std::uint64_t samples = 0;  ///< lines and records that gave any
  std::map<records::Ignored, std::uint64_t> ignored;
  IgnoredLines last_ignored;
  std::string_view nature = {};  ///< as readers::LogStream tells it

  void Add(records::Ignored reason, std::string_view text) {
    if (reason == records::Ignored::kNone) {
      ++matched;
      return;
    }
    ++ignored[reason];
    last_ignored.Add(reason, text);
  }
  std::uint64_t lines() const {
    std::uint64_t sum = matched;
    for (const auto& [reason, count] : ignored) sum += count;
    return sum;
  }
};

/// A position in a file, the reader of what lies there, and a descriptor while it is worth one. Not thread-safe.
///
/// The reader's memory is a function of the bytes before the position (and of the primer) alone, so a file that is
/// resumed first re-reads what lies before, without giving it out: whole up to kWholePrefix, and beyond that its head
/// and its tail of kPartialPrefix each. Of records that can be found from the front alone, the head: see
/// Reader::Resume.
class TailedFile {
 public:
  static constexpr std::uint64_t kWholePrefix = 4 << 20;
  static constexpr std::uint64_t kPartialPrefix = 1 << 20;
  static constexpr std::size_t kPrimerBytes = 4096;

  /// Starts at `position.offset`. `log` gives path, job and labels for the batches.
  TailedFile(std::uint64_t id, FilePosition position, core::Labels labels, const records::ReaderOptions& reader,
             std::size_t max_line);

  enum class Outcome : std::uint8_t {
    kEnd,        ///< nothing more for now
    kMore,       ///< the budget ended first
    kTruncated,  ///< shorter than we had read, or other bytes than we had read: now at offset 0
    kReplaced,   ///< not the file that we stopped in (see OnlyIfSame), or the path names another: nothing was read
    kClosed,     ///< a stream has ended: nothing will follow, which is told once
    kFailed,     ///< see `error`
  };
  struct ReadResult {
    Outcome outcome = Outcome::kEnd;
    std::size_t bytes = 0;
    std::error_code error;
  };
  /// Reads at most `buffer` once and appends what its lines gave to `batches`, counting in `counts`. Opens `path()`
  /// where no descriptor is held.
  ReadResult Read(os::FileSystem& files, std::span<char> buffer, std::vector<FileBatch>& batches, LineCounts& counts);

  /// Nobody will append, as far as one can know: what is whole of an unterminated last line, and what the reader held
  /// back, are given out. See Reader::Finish.
  void Finish(std::vector<FileBatch>& batches, LineCounts& counts);

  /// For the batches from now on.
  void SetLabels(const core::Labels& labels) { labels_ = labels; }

  /// Appends a batch without samples, for its position.
  void Announce(std::vector<FileBatch>& batches);
  /// The same where nothing will follow: the run has ended, unless it shows a failure or was plainly in its middle.
  void AnnounceEnd(std::vector<FileBatch>& batches);

  /// Bytes up to `offset` count as history (see FileBatch::catching_up).
  void SetHistoryEnd(std::uint64_t offset) { history_end_ = offset; }
  /// The position is not one that a reader has come to, but any place in the file.
  void SetStartAnywhere() { starts_anywhere_ = true; }
  /// Where the file is found now, for opening it. A name ending in .gz is read as what was compressed.
  void SetOpenPath(std::string path) { open_path_ = std::move(path); }
  const std::string& open_path() const { return open_path_; }
  /// Other bytes than those that we have read mean another file, and not that this one was truncated.
  void OnlyIfSame() { only_if_same_ = true; }
  bool only_if_same() const { return only_if_same_; }
  /// Whether the bytes before the position were found to be those that were read.
  bool verified() const { return verified_; }
  /// Goes on in a copy, e.g. by rsync, that goes on where the file ended.
  void MoveTo(const os::FileStatus& status);
  void MarkComplete() { position_.complete = true; }

  /// Who can be seen to write to it; told with every batch from now on.
  void SetWriter(core::Writer writer) { writer_ = writer; }
  core::Writer writer() const { return writer_; }

  std::uint64_t id() const { return id_; }
  const FilePosition& position() const { return position_; }
  const FileIdentity& identity() const { return position_.identity; }
  /// The position of all bytes read, those of an unterminated line included.
  FilePosition ReadPosition() const;
  /// Where we were when the file was last found truncated; its offset is 0 where it never was.
  const FilePosition& before_truncation() const { return before_truncation_; }
  /// Whether nobody has looked yet for what was cut off; set with every truncation.
  bool seeks_truncated_part() const { return seeks_truncated_part_; }
  void FoundTruncatedPart() { seeks_truncated_part_ = false; }
  std::uint64_t read_offset() const { return read_offset_; }
  bool is_open() const { return file_ != nullptr; }
  os::FileResult<os::FileStatus> Status() { return file_->Status(); }
  void Close() { file_.reset(); }
  bool stream() const { return stream_; }
  /// Notes what stat said of the file last.
  void Saw(const os::FileStatus& status);
  /// Nothing tells its size any more: it is no longer at its path.
  void LeftItsPath(std::chrono::nanoseconds now) {
    seen_size_ = 0;
    if (!std::exchange(left_, true)) grown_at_ = now;
  }
  /// When bytes came last, or it left its path, by the steady clock: whether somebody still writes to a file that was
  /// rotated does not show in the one that took its place.
  std::chrono::nanoseconds grown_at() const { return grown_at_; }
  void Grew(std::chrono::nanoseconds now) { grown_at_ = now; }
  /// Whether stat says that there is something to look at, since the last read.
  bool changed() const { return changed_; }
  /// Lines of this file that the reader of its next generation needs.
  const std::string& header() const { return header_; }

 private:
  std::error_code Open(os::FileSystem& files, bool& replaced);
  ReadResult ReadStream(std::span<char> buffer, std::vector<FileBatch>& batches, LineCounts& counts);
  ReadResult ReadRegular(std::span<char> buffer, std::vector<FileBatch>& batches, LineCounts& counts);
  ReadResult Failed(std::error_code error);
  ReadResult StartOver(std::vector<FileBatch>& batches, LineCounts& counts);
  void MakeReader();
  /// Brings a new reader to the position.
  std::error_code ResumeReader();
  std::error_code ReadAgain(std::uint64_t begin, std::uint64_t end);
  /// Hands `fresh`, which lies at read_offset_, through the reader.
  void Feed(std::string_view fresh, std::vector<FileBatch>& batches, LineCounts& counts);
  void NoteHeader(const readers::Reader::Entry& entry);
  void TakeEntry(const readers::Reader::Entry& entry, std::vector<FileBatch>& batches, LineCounts& counts);
  /// Whether any of its samples is news.
  bool Take(const readers::LineResult& result, std::vector<FileBatch>& batches);
  /// What the lines so far show of the run, for the last batch.
  void TellOutcome(std::vector<FileBatch>& batches);
  FileBatch& CurrentBatch(const core::Labels* line_labels, std::vector<FileBatch>& batches);

  std::uint64_t id_;
  FilePosition position_;
  core::Labels labels_;
  records::ReaderOptions reader_options_;
  std::unique_ptr<os::ReadableFile> file_;
  std::string open_path_;
  std::size_t max_line_;
  std::chrono::nanoseconds grown_at_{0};
  bool left_ = false;                        ///< its path
  std::unique_ptr<readers::Reader> reader_;  ///< made when the first bytes come: most of many files are silent
  readers::RunOutcome outcome_;
  readers::LossScaler scaler_;
  core::Writer writer_ = core::Writer::kUnknown;
  std::uint64_t read_offset_;  ///< end of the bytes handed to the reader; position_.offset is how far it has used them
  ContentSignature read_signature_;  ///< ends at read_offset_
  std::uint64_t history_end_ = 0;
  std::vector<const core::Sample*> news_;                     ///< of the line at hand
  std::optional<records::RewriteDeduplicator> deduplicator_;  ///< of a file that may be rewritten whole
  std::string header_;      ///< of the table that was begun last, in this file or in the one before it
  std::string line_above_;  ///< the next line, where it gave no sample
  bool stream_ = false;
  bool closed_ = false;  ///< a stream that has ended
  bool starts_anywhere_ = false;
  bool only_if_same_ = false;
  bool verified_ = false;
  std::uint64_t seen_size_ = 0;  ///< by stat
  std::int64_t seen_modified_ns_ = 0;
  FilePosition before_truncation_;
  bool seeks_truncated_part_ = false;
  bool changed_ = true;
  bool catching_up_ = false;     ///< of the bytes at hand
  std::size_t first_batch_ = 0;  ///< of this call, in the caller's list
};

inline FileIdentity IdentityOf(const os::FileStatus& status) { return {status.device, status.inode}; }

enum class Match : std::uint8_t { kNo, kYes };
/// Whether `file` holds, up to the offset of `position`, the bytes that were read: it is what was read, or a copy of
/// it. kNo where nothing was read.
os::FileResult<Match> MatchesSignature(os::ReadableFile& file, const FilePosition& position);

}  // namespace lossd::sources
