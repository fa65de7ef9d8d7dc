#include "cli/replay.h"

#include <cstdint>
#include <map>
#include <ostream>
#include <string_view>
#include <system_error>

#include "cli/log_input.h"
#include "cli/timeline.h"
#include "export/event_json.h"
#include "readers/job_name.h"
#include "readers/log_stream.h"

namespace lossd::cli {
namespace {

class Replay {
 public:
  Replay(const ReplayOptions& options, std::ostream& out)
      : options_(options),
        out_(out),
        jobs_(options.config.tracker, options.config.jobs, config::MakeClassifierRule(options.config.series)) {}

  std::error_code ReadFile(const std::string& path) {
    job_ = options_.job_name;
    if (job_.empty()) {
      job_ = readers::JobName(path, [this](const std::string& name) { return jobs_.Find(name) != nullptr; });
    }
    labels_ = options_.config.external_labels;
    records::ReaderOptions reader = config::ReaderFor(options_.config, path);
    reader.path_hint = path;
    readers::LogStream log(path, reader, options_.config.follow.max_line_bytes);
    const std::error_code error = ReadLog(path, [&](std::string_view piece) {
      log.Push(piece);
      while (const auto entry = log.Next()) Take(entry.result);
    });
    while (const auto entry = log.Finish()) Take(entry.result);
    return error;
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
  void Take(const readers::LineResult& result) {
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
};

}  // namespace

int RunReplay(const ReplayOptions& options, std::ostream& out, std::ostream& err) {
  int status = 0;
  Replay replay(options, out);
  for (const std::string& path : options.files) {
    if (const std::error_code error = replay.ReadFile(path)) {
      err << "lossd: " << path << ": " << error.message() << '\n';
      status = 1;
    }
  }
  replay.Summarise();
  for (const auto& [reason, count] : replay.rejected()) {
    err << "lossd: " << count << " samples rejected: " << Name(reason) << '\n';
  }
  return status;
}

}  // namespace lossd::cli
