// The forms in which `lossd explain` says what a line gave.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/explain.h"
#include "readers/log/log_reader.h"

namespace lossd::cli {

/// Writes a line for every line of a log, or with `summary` gathers them and writes a line for every series.
class ExplainPrinter {
 public:
  /// `options` and `out` must outlive the printer.
  ExplainPrinter(const ExplainOptions& options, std::ostream& out) : options_(options), out_(out) {}

  /// Line `number` (from 1) of a log read as `text`.
  void Line(std::uint64_t number, std::string_view text, const readers::LineResult& result);
  /// The log has ended. `path` heads its summary where several logs are read.
  void EndOfLog(const std::string& path);

 private:
  struct Series {
    std::string name;
    std::uint64_t samples = 0, nonfinite = 0;
    std::optional<std::int64_t> first_step, last_step;
    double first = 0, last = 0;
    std::string format;
  };

  void Write(std::uint64_t number, std::string_view text, const readers::LineResult& result);
  void Json(std::uint64_t number, const readers::LineResult& result);
  void Text(std::uint64_t number, std::string_view text, const readers::LineResult& result);
  void Count(const readers::LineResult& result);
  void SummaryJson(const std::string& path, const Series& series);
  void SummaryText(const Series& series);

  const ExplainOptions& options_;
  std::ostream& out_;
  std::vector<Series> series_;  // of the log at hand, in order of appearance
  std::map<records::Ignored, std::uint64_t> lines_;
};

}  // namespace lossd::cli
