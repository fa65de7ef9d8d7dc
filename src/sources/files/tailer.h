// Follows log files by path and glob, through rotation and truncation, and turns what is appended into batches of
// samples.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/job_state.h"
#include "core/sample.h"
#include "os/file_system.h"
#include "readers/log/log_reader.h"
#include "sources/files/file_position.h"
#include "sources/files/ignored_lines.h"
#include "text/line_framer.h"

namespace lossd::sources {

/// Layouts of logs that need no pattern of one's own.
enum class Preset : std::uint8_t {
  kNone,
  /// /var/log/pods/NAMESPACE_POD_UID/CONTAINER/RESTART.log and the links that lead there: labels namespace, pod,
  /// container, restart; the job is the pod, as NAMESPACE/POD where a pod of another namespace has that name. The logs
  /// that a container leaves with each of its restarts are one log: each is read once those before it have been.
  kKubernetesPods,
};
inline constexpr const char* kPodLogs = "/var/log/pods/*/*/*.log";

/// One entry of the configuration's `files`.
struct SourceOptions {
  /// A path, "-" (standard input), a glob with *, ?, [..] and ** (any depth), or a directory, which stands for the logs
  /// in it and below it (*.log, *.out, *.err, *.txt, *.csv, *.tsv, *.json, *.jsonl), without what is known to be none.
  std::string path;
  std::vector<std::string> exclude;  ///< globs
  std::string job;                   ///< name of the training job; empty: made from the path, see JobName
  core::Labels labels;               ///< given to every job of this source
  std::string path_regex;  ///< RE2 over the whole path: its named groups become labels (`training_job` names the job)
  Preset preset = Preset::kNone;  ///< what it gives need not be set
  records::ReaderOptions reader;
  bool from_end = false;                ///< start at the end of files that are there at start
  std::chrono::nanoseconds max_age{0};  ///< files not modified for longer at discovery are left alone; 0: no limit
};

struct TailerOptions {
  std::size_t max_line_bytes = text::LineFramer::kDefaultMaxLine;
  std::size_t bytes_per_turn = 1 << 20;  ///< read at most this much in one Poll, over all files
  std::size_t max_files = 20000;
  /// Between two walks through the directories. Beyond `looks_per_second` of them it grows with their number.
  std::chrono::nanoseconds discovery_interval = std::chrono::seconds(5);
  std::chrono::nanoseconds busy_interval = std::chrono::milliseconds(50);  ///< between polls of a file that is growing
  /// The longest between polls of one that is not. Beyond `looks_per_second` files it grows with their number.
  std::chrono::nanoseconds idle_interval = std::chrono::seconds(1);
  /// At silent files, and as many at directories: what polling may cost, whatever their number.
  std::size_t looks_per_second = 2000;
  std::chrono::nanoseconds close_after = std::chrono::minutes(1);  ///< a silent file keeps no descriptor for longer
  std::size_t max_open_files = 512;
  /// A file that is no longer at its path (rotated, deleted) is watched through its descriptor until it is silent for
  /// this long.
  std::chrono::nanoseconds rotated_silence = std::chrono::minutes(5);
};

/// Samples of one file, in order, from one turn.
struct FileBatch {
  std::uint64_t file = 0;  ///< identifies the followed file within this process
  std::string path;
  std::string job;
  std::string run;  ///< the name that the file itself gives its run; "" where it gives none
  core::Labels labels;
  std::vector<core::Sample> samples;
  bool catching_up = false;  ///< what was on disk before we looked: history, not news
  bool finished = false;     ///< behind these samples the log says that training is over, or its pipe was closed
  int exit_status = 0;       ///< where it is over, as far as the log says
  bool closed = false;  ///< a stream has ended: it is `finished`, and nothing follows, whatever the log has said before
  /// Behind these samples the log shows what looks like a failure.
  std::optional<core::FailureReport> failure;
  std::optional<core::RunStage> stage;  ///< absent: as before
  core::Writer writer = core::Writer::kUnknown;
  std::optional<double> loss_scale;            ///< where these lines tell it
  std::optional<std::uint64_t> skipped_steps;  ///< that these lines tell of; absent where they count none
  /// Where the file stands once these samples are taken; absent for a pipe, which cannot be resumed. To be saved
  /// together with the trackers, by `file`: the newest one counts.
  std::optional<FilePosition> position;
};

/// Counts of one followed file since it was found.
struct FileStats {
  std::string path, job;
  std::uint64_t size = 0, offset = 0;  ///< bytes; lag = size - offset
  std::uint64_t bytes = 0, lines_matched = 0, lines = 0, samples = 0;
  std::map<records::Ignored, std::uint64_t> lines_ignored;
  std::uint64_t rotations = 0, truncations = 0;
  std::vector<IgnoredLine> last_ignored;
  /// Where it has grown for long and no line gave a sample: the likeliest reasons. Else empty.
  std::vector<std::string> silent_reasons;
  bool open = false;
  std::string error;  ///< of the last attempt to open or read, "" where it went well
};

/// Counts over all files, those no longer followed included; never decreasing.
struct TailerStats {
  std::uint64_t bytes = 0, lines_matched = 0, rotations = 0, truncations = 0;
  std::map<records::Ignored, std::uint64_t> lines_ignored;
  std::map<std::string, std::uint64_t> errors;  ///< by reason ("ENOENT", "EACCES", ...)
  std::uint64_t files_refused = 0;              ///< beyond max_files
};

/// Something an operator would want a log line for, once each.
struct TailerNotice {
  enum class Kind : std::uint8_t {
    kFound,
    kMissing,
    kError,
    kRecovered,
    kRotated,
    kTruncated,
    kGone,
    kNoSamples,    ///< it grows, and no line gave a sample; `detail`: the likeliest reasons
    kNoText,       ///< it holds no text; `detail`: what it is, and what to do about it
    kNothingFound  ///< a directory or a glob stands for no file at all
  } kind = Kind::kFound;
  std::string path;
  std::string detail;
};

/// No thread and no clock of its own: the caller polls, and says what time it is. Not thread-safe.
class Tailer {
 public:
  /// `files` must outlive the tailer. The sources' patterns are taken as valid (see CheckSource).
  Tailer(os::FileSystem& files, std::vector<SourceOptions> sources, TailerOptions options = {});
  ~Tailer();

  struct Turn {
    std::vector<FileBatch> batches;
    std::vector<TailerNotice> notices;
    std::vector<std::uint64_t> forgotten;   ///< files that will not be read again: their positions need not be kept
    std::vector<std::string> closed;        ///< streams ("-") that have ended
    bool discovered = false;                ///< the sources were looked through
    bool directories_changed = false;       ///< then directories() may have changed
    bool more = false;                      ///< bytes were left unread: poll again at once
    std::chrono::nanoseconds next_poll{0};  ///< otherwise, how long to wait
  };
  /// Goes on where an earlier process stopped. Call before the first Poll. A file that is not what its position says is
  /// read from its head.
  void Restore(std::vector<FilePosition> positions);

  /// Follows other sources from now on. Files that are followed before and after go on as if nothing had happened (a
  /// line of which a part has come stays whole), but where they are read otherwise from now on (see
  /// TailedPath::Adopt): these keep their place, their number and their job's name. Counters go on. Positions of files
  /// that no source finds any more are kept, as those of an earlier process are.
  void Reconfigure(std::vector<SourceOptions> sources, TailerOptions options);

  /// Something happened at `path`, a file or a directory: the next Poll looks there without waiting for its turn.
  void Wake(const std::string& path);
  /// Anything may have happened anywhere.
  void WakeAll();
  /// The directories in which the followed files lie, for a watcher; sorted.
  std::vector<std::string> directories() const;

  /// Looks at what is due and reads a bounded amount. Never throws; a failing file never disturbs another.
  Turn Poll(core::Instant now);

  /// Whether an unterminated last line counts: not while its writer may still finish it after us.
  enum class LastLine : std::uint8_t { kUse, kHold };
  /// Reads every file to its end.
  Turn Drain(core::Instant now, LastLine last_line = LastLine::kUse);
  /// Reads nothing: unterminated last lines, as far as they were read, are given out.
  Turn Finish();

  TailerStats stats() const;
  std::vector<FileStats> files() const;
  /// Names of jobs, runs and pods that are remembered: bounded by what is followed and what was restored.
  std::size_t names_kept() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// What is wrong with a source (a bad glob or regex), or nothing.
std::optional<std::string> CheckSource(const SourceOptions& source);

}  // namespace lossd::sources
