#include "app/replay.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <map>
#include <ostream>
#include <string_view>
#include <system_error>

#include "app/timeline.h"
#include "exporter/event_json.h"
#include "ingest/job_name.h"
#include "ingest/line_framer.h"
#include "ingest/log_reader.h"

namespace lossd::app {
namespace {

constexpr std::size_t kChunkBytes = 256 * 1024;

/// A file read from front to back; it may block, as on a pipe.
class InputFile {
 public:
  explicit InputFile(const std::string& path)
      : descriptor_(path == "-" ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY)) {}
  ~InputFile() {
    if (descriptor_ > STDIN_FILENO) ::close(descriptor_);
  }
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;

  bool is_open() const { return descriptor_ >= 0; }
  /// The number of bytes read, 0 at the end, -1 with errno set.
  ssize_t Read(std::string& buffer) {
    ssize_t size = 0;
    do {
      size = ::read(descriptor_, buffer.data(), buffer.size());
    } while (size < 0 && errno == EINTR);
    return size;
  }

 private:
  int descriptor_;
};

class Replay {
 public:
  Replay(const ReplayOptions& options, std::ostream& out)
      : options_(options),
        out_(out),
        jobs_(options.config.tracker, options.config.jobs, MakeClassifierRule(options.config.series)) {}

  /// False, with errno set, where the file cannot be read.
  bool ReadFile(const std::string& path) {
    InputFile file(path);
    if (!file.is_open()) return false;
    job_ = options_.job_name;
    if (job_.empty()) {
      job_ = ingest::JobName(path, [this](const std::string& name) { return jobs_.Find(name) != nullptr; });
    }
    labels_ = options_.config.external_labels;
    ingest::LineFramer framer(options_.config.follow.max_line_bytes);
    ingest::LogReader reader(ReaderFor(options_.config, path));
    while (true) {
      const ssize_t size = file.Read(buffer_);
      if (size < 0) return false;
      if (size == 0) break;
      framer.Push({buffer_.data(), static_cast<std::size_t>(size)});
      while (const auto line = framer.Next()) Take(reader, *line);
    }
    if (const auto line = framer.Finish()) Take(reader, *line);
    Take(reader.Finish());
    return true;
  }

  void Summarise() {
    for (const auto& [name, job] : jobs_.jobs()) {
      for (const auto& [loss, series] : job.series) {
        const core::SeriesSnapshot snapshot = series.Snapshot();
        const std::size_t window = options_.config.tracker.window;
        out_ << (options_.output == OutputFormat::kJson ? exporter::SummaryJson(name, loss, snapshot, window)
                                                        : SummaryText(name, loss, snapshot, window))
             << '\n';
      }
    }
  }

  const std::map<core::Rejection, std::uint64_t>& rejected() const { return rejected_; }

 private:
  void Take(ingest::LogReader& reader, const ingest::LineFramer::Line& line) {
    if (!line.truncated) Take(reader.Read(line.text));
  }

  void Take(const ingest::LineResult& result) {
    if (result.samples.empty()) return;
    if (result.labels != nullptr) {
      for (const auto& [name, value] : *result.labels) labels_[name] = value;
    }
    for (const core::Sample& sample : result.samples) {
      const auto outcome = jobs_.Add(job_, labels_, sample, core::Instant{}, core::Origin::kCatchUp);
      if (outcome.rejection) ++rejected_[*outcome.rejection];
      for (const core::Event& event : outcome.events) {
        out_ << (options_.output == OutputFormat::kJson ? exporter::EventJson(job_, sample.loss, event)
                                                        : EventText(job_, sample.loss, event))
             << '\n';
      }
    }
  }

  const ReplayOptions& options_;
  std::ostream& out_;
  core::JobTable jobs_;
  std::string job_;      // of the file that is being read
  core::Labels labels_;  // of that job
  std::map<core::Rejection, std::uint64_t> rejected_;
  std::string buffer_ = std::string(kChunkBytes, '\0');
};

}  // namespace

int RunReplay(const ReplayOptions& options, std::ostream& out, std::ostream& err) {
  int status = 0;
  Replay replay(options, out);
  for (const std::string& path : options.files) {
    if (!replay.ReadFile(path)) {
      err << "lossd: " << path << ": " << std::generic_category().message(errno) << '\n';
      status = 1;
    }
  }
  replay.Summarise();
  for (const auto& [reason, count] : replay.rejected()) {
    err << "lossd: " << count << " samples rejected: " << Name(reason) << '\n';
  }
  return status;
}

}  // namespace lossd::app
