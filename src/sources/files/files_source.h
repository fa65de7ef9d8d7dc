// Log files that are followed as they grow, standard input, and what the child of `lossd exec` writes.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "os/posix_file_system.h"
#include "sources/files/file_position.h"
#include "sources/files/tailer.h"
#include "sources/files/tailer_thread.h"
#include "sources/source.h"

namespace lossd::sources {

/// Reads on a thread of its own, because a read may hang. Cursors are file positions; the key is what the file is.
class FilesSource : public Source {
 public:
  /// `streams_ended` is called once, when the last of the streams has ended, with the job that it belonged to.
  explicit FilesSource(std::function<void(const std::string& job, core::Instant now)> streams_ended);

  /// What to follow, and how, from now on. `inotify` and `streams` (standard input or the child's output) count as of
  /// Start.
  void Configure(std::vector<SourceOptions> sources, TailerOptions follow, bool inotify);
  void SetStreams(std::vector<os::InputStream> streams) { streams_ = std::move(streams); }
  bool streams_open() const { return open_streams_ > 0; }

  std::string_view name() const override { return "files"; }
  std::vector<std::string_view> sample_sources() const override { return {kFile, kStandardInput}; }
  bool has_work() const override { return open_streams_ > 0 || sources_.size() > streams_.size(); }
  void Start(const SourceHost& host, std::vector<core::Cursor> restored) override;
  void Stop(Writers writers, std::chrono::nanoseconds deadline, std::function<void()> stopped) override;
  std::vector<prometheus::MetricFamily> Collect() const override;
  std::vector<InputStatus> Inputs() const override;

 private:
  static constexpr std::string_view kFile = "file", kStandardInput = "stdin";

  void TakeTurn(const Tailer::Turn& turn);
  void TakeBatch(const FileBatch& batch);
  void SaveCursor(std::uint64_t file, const FilePosition& position);
  void ForgetCursor(std::uint64_t file);

  std::function<void(const std::string&, core::Instant)> streams_ended_;
  std::vector<SourceOptions> sources_;
  TailerOptions follow_;
  bool inotify_ = true;
  std::vector<os::InputStream> streams_;
  std::size_t open_streams_ = 0;
  const SourceHost* host_ = nullptr;
  std::unique_ptr<TailerThread> thread_;
  // Positions come by the number of the file within this process, cursors are kept by what the file is: a number may go
  // on in a copy, and a file come under a new number.
  std::map<std::uint64_t, std::string> keys_;
  std::map<std::string, std::uint64_t> numbers_;
};

}  // namespace lossd::sources
