#include "sources/files/files_source.h"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <chrono>
#include <numeric>
#include <utility>

#include "core/state_codec.h"
#include "metrics/families.h"
#include "records/ignored.h"
#include "sources/files/tailer_log.h"

namespace lossd::sources {
namespace {

std::string KeyOf(const FilePosition& position) {
  return std::to_string(position.identity.device) + ':' + std::to_string(position.identity.inode);
}

std::string Encode(const FilePosition& position) {
  core::StateWriter out;
  position.Save(out);
  return out.Take();
}

}  // namespace

FilesSource::FilesSource(std::function<void(const std::string&, core::Instant)> streams_ended)
    : streams_ended_(std::move(streams_ended)) {}

void FilesSource::Configure(std::vector<SourceOptions> sources, TailerOptions follow, bool inotify) {
  sources_ = std::move(sources);
  follow_ = follow;
  inotify_ = inotify;
  if (thread_) thread_->Reconfigure(sources_, follow_);
}

void FilesSource::Start(const SourceHost& host, std::vector<core::Cursor> restored) {
  host_ = &host;
  open_streams_ = streams_.size();
  std::vector<FilePosition> positions;
  for (const core::Cursor& cursor : restored) {
    core::StateReader in(cursor.value);
    FilePosition position;
    if (position.Load(in)) positions.push_back(std::move(position));
  }
  TailerThreadOptions options;
  options.streams = streams_;
  options.use_inotify = inotify_;
  thread_ = std::make_unique<TailerThread>(
      std::make_unique<os::PosixFileSystem>(streams_), sources_, follow_, std::move(positions), host.now,
      [this](Tailer::Turn turn) {
        boost::asio::post(host_->io, [this, turn = std::move(turn)] {
          TakeTurn(turn);
          thread_->Done();
        });
      },
      std::move(options));
}

void FilesSource::Stop(Writers writers, std::chrono::nanoseconds deadline, std::function<void()> stopped) {
  const auto last_line = writers == Writers::kHaveEnded ? Tailer::LastLine::kUse : Tailer::LastLine::kHold;
  thread_->Stop(last_line, deadline, [this, stopped = std::move(stopped)] { boost::asio::post(host_->io, stopped); });
}

void FilesSource::TakeTurn(const Tailer::Turn& turn) {
  for (const TailerNotice& notice : turn.notices) LogNotice(host_->log, notice);
  for (const FileBatch& batch : turn.batches) TakeBatch(batch);
  for (const std::uint64_t file : turn.forgotten) ForgetCursor(file);
}

void FilesSource::TakeBatch(const FileBatch& batch) {
  core::Instant now = host_->now();
  if (batch.catching_up && batch.position && batch.position->modified_ns > 0) {
    // What lay on disk came when the file was last written, not now: old history must not look like news.
    const std::chrono::nanoseconds written(batch.position->modified_ns);
    now.wall =
        std::min(now.wall, decltype(now.wall)(std::chrono::duration_cast<decltype(now.wall)::duration>(written)));
  }
  const core::Arrival arrival{now, batch.catching_up ? core::Origin::kCatchUp : core::Origin::kLive,
                              os::IsStreamPath(batch.path) ? kStandardInput : kFile};
  for (const core::Sample& sample : batch.samples) host_->sink.Take(batch.job, batch.labels, sample, arrival);
  if (batch.position) SaveCursor(batch.file, *batch.position);
  host_->sink.Note(batch.job, batch.writer, batch.stage);
  if (batch.loss_scale || batch.skipped_steps) host_->sink.NoteScaler(batch.job, batch.loss_scale, batch.skipped_steps);
  if (batch.failure) host_->sink.Suspect(batch.job, *batch.failure, now);
  if (batch.closed) {
    if (open_streams_ == 0 || --open_streams_ > 0) return;
    streams_ended_(batch.job, now);
  } else if (batch.finished) {
    if (batch.exit_status == 0) {
      host_->sink.Finish(batch.job, now);
    } else {
      host_->sink.Fail(batch.job, core::ReportOfExit(batch.exit_status), now);
    }
  }
}

void FilesSource::SaveCursor(std::uint64_t file, const FilePosition& position) {
  std::string key = KeyOf(position);
  if (const auto known = keys_.find(file); known != keys_.end() && known->second != key) ForgetCursor(file);
  host_->save_cursor(key, Encode(position));
  numbers_[key] = file;
  keys_[file] = std::move(key);
}

void FilesSource::ForgetCursor(std::uint64_t file) {
  const auto known = keys_.find(file);
  if (known == keys_.end()) return;
  // Not where the file has come anew, under another number.
  if (const auto number = numbers_.find(known->second); number != numbers_.end() && number->second == file) {
    host_->forget_cursor(known->second);
    numbers_.erase(number);
  }
  keys_.erase(known);
}

std::vector<InputStatus> FilesSource::Inputs() const {
  std::vector<InputStatus> inputs;
  if (!thread_) return inputs;
  const std::shared_ptr<const TailerReport> report = thread_->report();
  for (const FileStats& file : report->files) {
    InputStatus& input = inputs.emplace_back();
    input.path = file.path;
    input.job = file.job;
    input.bytes_read = file.offset;
    input.silence = file.silent_reasons;
    for (const IgnoredLine& line : file.last_ignored) input.ignored.push_back({records::Name(line.reason), line.text});
  }
  return inputs;
}

std::vector<prometheus::MetricFamily> FilesSource::Collect() const {
  metrics::Families families;
  const std::shared_ptr<const TailerReport> report =
      thread_ ? thread_->report() : std::make_shared<const TailerReport>();
  const TailerStats& stats = report->stats;
  std::map<std::string, std::uint64_t> ignored;
  for (const auto& [reason, count] : stats.lines_ignored) ignored.emplace(records::Name(reason), count);
  families.Add("lossd_lines_read_total",
               std::accumulate(ignored.begin(), ignored.end(), stats.lines_matched,
                               [](std::uint64_t sum, const auto& count) { return sum + count.second; }));
  families.Add("lossd_lines_matched_total", stats.lines_matched);
  families.AddEach("lossd_lines_ignored_total", "reason", ignored);
  families.Add("lossd_bytes_read_total", stats.bytes);
  std::size_t open = 0;
  for (const FileStats& file : report->files) {
    const metrics::LabelPairs labels = {{"path", file.path}, {"training_job", file.job}};
    families.Add("lossd_file_lag_bytes", file.size > file.offset ? file.size - file.offset : 0, labels);
    families.Add("lossd_file_readable", file.error.empty() ? 1 : 0, labels);
    families.Add("lossd_file_lines_total", file.lines, labels);
    families.Add("lossd_file_samples_total", file.samples, labels);
    open += file.open ? 1 : 0;
  }
  std::map<std::string, std::uint64_t> errors = stats.errors;
  if (stats.files_refused > 0) errors["max_files"] = stats.files_refused;
  families.AddEach("lossd_file_errors_total", "reason", errors);
  families.Add("lossd_open_files", open);
  families.Add("lossd_file_rotations_total", stats.rotations);
  families.Add("lossd_file_truncations_total", stats.truncations);
  families.Add("lossd_watches_refused", report->refused_watches);
  families.Add("lossd_watch_overflows_total", report->watch_overflows);
  return families.Take();
}

}  // namespace lossd::sources
