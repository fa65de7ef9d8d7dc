#include "cli/top/growing_logs.h"

#include <algorithm>
#include <cstdint>
#include <set>
#include <string_view>
#include <utility>

#include "export/history_json.h"
#include "export/overview.h"
#include "os/posix_file_system.h"
#include "readers/job_name.h"
#include "readers/log_stream.h"

namespace lossd::cli {
namespace {

constexpr std::size_t kPieceBytes = 256 * 1024;
constexpr std::size_t kBytesPerRead = 64 << 20;  ///< of one file in one turn

}  // namespace

struct GrowingLogs::Log {
  std::string path, job;
  records::ReaderOptions reader;
  std::unique_ptr<readers::LogStream> stream;
  std::uint64_t offset = 0;
  core::Labels labels;
};

GrowingLogs::GrowingLogs(std::vector<std::string> paths, config::Config config)
    : config_(std::move(config)), jobs_(config_.tracker, config_.jobs, config::MakeClassifierRule(config_.series)) {
  jobs_.KeepHistory(config_.history.points > 0 ? config_.history : core::HistoryOptions{});
  const std::set<std::string> contested = readers::ContestedNames(paths);
  std::vector<std::string> taken;
  for (std::string& path : paths) {
    auto log = std::make_unique<Log>();
    log->job = readers::JobName(
        path, [&](const std::string& name) { return contested.contains(name) || std::ranges::count(taken, name) > 0; });
    taken.push_back(log->job);
    log->reader = config::ReaderFor(config_, path);
    log->reader.path_hint = path;
    log->path = std::move(path);
    logs_.push_back(std::move(log));
  }
}

GrowingLogs::~GrowingLogs() = default;

void GrowingLogs::Read(core::Instant now) {
  for (const auto& log : logs_) Take(*log, now);
}

void GrowingLogs::Take(Log& log, core::Instant now) {
  os::PosixFileSystem files;
  auto file = files.Open(log.path);
  if (!file) return;  // it may come yet
  const auto add = [&](const readers::LineResult& result) {
    if (result.samples.empty()) return;
    if (result.labels != nullptr) {
      for (const auto& [name, value] : *result.labels) log.labels[name] = value;
    }
    for (const core::Sample& sample : result.samples)
      jobs_.Add(log.job, log.labels, sample, now, core::Origin::kCatchUp);
  };
  const auto status = (*file)->Status();
  if (log.stream && status && status->kind == os::FileKind::kRegular && status->size < log.offset) log.stream.reset();
  if (!log.stream) {
    log.offset = 0;
    log.stream = std::make_unique<readers::LogStream>(log.path, log.reader, config_.follow.max_line_bytes);
  }
  std::string buffer(kPieceBytes, '\0');
  for (std::size_t taken = 0; taken < kBytesPerRead;) {
    const auto size = (*file)->ReadAt(log.offset, buffer);
    if (!size || *size == 0) break;
    log.stream->Push({buffer.data(), *size});
    while (const auto entry = log.stream->Next()) add(entry.result);
    log.offset += *size;
    taken += *size;
  }
}

std::string GrowingLogs::Overview(const exporter::OverviewQuery& query, core::Instant now) const {
  return exporter::OverviewJson(jobs_, query, now.wall);
}

Fetched GrowingLogs::Run(const std::string& job, const std::string& loss, core::Instant now) const {
  Fetched run;
  const core::Job* found = jobs_.Find(job);
  if (found == nullptr || (!loss.empty() && !found->series.contains(loss))) {
    run.error = "no such job";
    return run;
  }
  run.body =
      exporter::HistoryJson(*found, {.losses = {loss.empty() ? exporter::MainSeries(*found).first : loss}}, now.wall);
  return run;
}

}  // namespace lossd::cli
