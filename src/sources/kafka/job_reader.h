// What one job's records have told so far, as far as it takes to understand the next one.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "push/otlp/service_reader.h"
#include "readers/log/run_outcome.h"
#include "readers/text_reader.h"
#include "sources/kafka/record_batch.h"

namespace lossd::sources {

/// Reads the lines and the exports of one job, in their order. Native samples need no memory.
///
/// A reader of lines learns from what it reads, and its memory is the lines themselves: the first ones, where headers
/// and totals stand, and the last ones. A job with a log of up to kHead + kTail bytes is read by a successor to the bit
/// as by the reader that began it; of a longer one what lies between is forgotten, as a log file is resumed.
class JobReader {
 public:
  static constexpr std::size_t kHead = 4096, kTail = 8192;  ///< bytes of lines
  static constexpr std::size_t kLongestLine = 64 * 1024;

  explicit JobReader(const records::ReaderOptions& options) : options_(options) {}

  /// Whole lines; what they give is added to `into`.
  void ReadLines(std::string_view text, JobSamples& into);
  void ReadExport(const push::OtlpResource& resource, JobSamples& into);

  /// The memory as bytes. Load: false, and nothing is remembered, where they are something else.
  std::string Save() const;
  bool Load(std::string_view bytes);

 private:
  struct Log {
    explicit Log(const records::ReaderOptions& options) : reader(options, kLongestLine) {}
    readers::TextReader reader;
    readers::RunOutcome outcome;
  };
  void Remember(std::string_view line);
  void MakeLog();

  records::ReaderOptions options_;
  std::unique_ptr<Log> log_;
  std::string head_, tail_, line_;
  bool cut_ = false;  ///< lines between head_ and tail_ are forgotten
  std::unique_ptr<push::ServiceReader> service_;
};

}  // namespace lossd::sources
