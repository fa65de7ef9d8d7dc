#include "cli/replay.h"

#include <cstdint>
#include <map>
#include <ostream>
#include <set>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "cli/log_input.h"
#include "cli/no_sample.h"
#include "cli/run_page.h"
#include "cli/timeline.h"
#include "export/event_json.h"
#include "os/posix_file_system.h"
#include "readers/job_name.h"
#include "readers/log_stream.h"

namespace lossd::cli {
namespace {

class Replay {
 public:
  Replay(const ReplayOptions& options, std::ostream& out)
      : options_(options),
        out_(out),
        jobs_(options.config.tracker, options.config.jobs, config::MakeClassifierRule(options.config.series)) {
    // Standard output in text or as a page shows the runs as a whole; the rest goes out sample by sample.
    if (!writes_events()) jobs_.KeepHistory({.points = kPoints});
    std::vector<std::string> paths;
    for (const std::string& path : options.files) paths.push_back(os::PosixFileSystem().Absolute(path));
    contested_ = readers::ContestedNames(paths);
  }

  std::error_code ReadFile(const std::string& path) {
    job_ = options_.job_name;
    if (job_.empty()) {
      const std::string whole = os::PosixFileSystem().Absolute(path);
      job_ = readers::JobName(
          whole, [this](const std::string& name) { return contested_.contains(name) || jobs_.Find(name) != nullptr; });
    }
    labels_ = options_.config.external_labels;
    content_ = {};
    records::ReaderOptions reader = config::ReaderFor(options_.config, path);
    reader.path_hint = path;
    readers::LogStream log(path, reader, options_.config.follow.max_line_bytes);
    const std::error_code error = ReadLog(path, [&](std::string_view piece) {
      content_.bytes += piece.size();
      log.Push(piece);
      while (const auto entry = log.Next()) Take(entry.result);
    });
    while (const auto entry = log.Finish()) Take(entry.result);
    content_.nature = log.nature();
    return error;
  }

  void Summarise() {
    if (options_.output == OutputFormat::kHtml) {
      for (const std::string& name : Names()) jobs_.Finish(name, {});
      out_ << RunPage(jobs_);
      return;
    }
    for (const auto& [name, job] : jobs_.jobs()) {
      for (const auto& [loss, series] : job.series) out_ << Summary(job, loss, series);
    }
  }

  /// Of the file that was read last.
  const FileContent& content() const { return content_; }
  const std::map<core::Rejection, std::uint64_t>& rejected() const { return rejected_; }

 private:
  static constexpr std::size_t kPoints = 2048;

  bool writes_events() const {
    return options_.output == OutputFormat::kJson || (options_.output == OutputFormat::kText && options_.verbose);
  }

  std::vector<std::string> Names() const {
    std::vector<std::string> names;
    for (const auto& [name, job] : jobs_.jobs()) names.push_back(name);
    return names;
  }

  std::string Summary(const core::Job& job, const std::string& loss, const core::SeriesTracker& series) {
    const std::size_t window = options_.config.tracker.window;
    if (options_.output == OutputFormat::kJson) {
      return exporter::SummaryJson(job.name, loss, series.Snapshot(), window) + '\n';
    }
    if (options_.verbose) return SummaryText(job.name, loss, series.Snapshot(), window) + '\n';
    const auto history = job.histories.find(loss);
    const std::string gap = std::exchange(any_, true) ? "\n" : "";
    return gap + RunText(job.name, loss, series, history == job.histories.end() ? nullptr : history->second.get(),
                         options_.charset);
  }

  void Take(const readers::LineResult& result) {
    if (result.samples.empty()) return;
    ++content_.samples;
    if (result.labels != nullptr) {
      for (const auto& [name, value] : *result.labels) labels_[name] = value;
    }
    for (const core::Sample& sample : result.samples) {
      const auto outcome = jobs_.Add(job_, labels_, sample, core::Instant{}, core::Origin::kCatchUp);
      if (outcome.rejection) ++rejected_[*outcome.rejection];
      if (!writes_events()) continue;
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
  bool any_ = false;                 // whether there is a summary already
  std::set<std::string> contested_;  // names that several of the files would have
  std::string job_;                  // of the file that is being read
  core::Labels labels_;              // of that job
  FileContent content_;              // of that file
  std::map<core::Rejection, std::uint64_t> rejected_;
};

}  // namespace

int RunReplay(const ReplayOptions& options, std::ostream& out, std::ostream& err) {
  int status = 0;
  Replay replay(options, out);
  for (const std::string& path : options.files) {
    if (const std::error_code error = replay.ReadFile(path)) {
      err << "lossd: " << path << ": " << error.message() << '\n';
      status = 1;
    } else if (replay.content().samples == 0) {
      err << "lossd: " << path << ": " << NoSample(replay.content()) << '\n';
      if (status == 0) status = kNothingRead;
    }
  }
  replay.Summarise();
  for (const auto& [reason, count] : replay.rejected()) {
    err << "lossd: " << count << " samples rejected: " << Name(reason) << '\n';
  }
  return status;
}

}  // namespace lossd::cli
