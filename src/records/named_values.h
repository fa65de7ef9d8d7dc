// Numbers that come with names, as every tracking tool reports them, -> samples.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "core/sample.h"
#include "records/ignored.h"
#include "records/reader_options.h"
#include "records/record.h"
#include "records/sample_buffer.h"
#include "records/series_selector.h"

namespace lossd::records {

/// What one call of a logging function said. Names are those of the tool's user: "train/loss", "eval_loss", "lr".
struct NamedValues {
  struct Value {
    std::string_view name;
    double value = 0;
  };
  std::span<const Value> values;
  std::optional<std::int64_t> step;     ///< of all values; absent: one of them may be it ("step", "global_step")
  std::optional<double> epoch;          ///< likewise
  std::optional<core::Timestamp> time;  ///< when they were logged
};

/// Reads the values of one run in the order in which they came, with the vocabulary that log files are read with: which
/// name is the training loss, which an evaluation loss, which the learning rate. It remembers what it has seen, so that
/// a loss that is logged under two names is followed under one, and a learning rate that is logged by itself belongs to
/// the losses of its step. No I/O, no clock. Not thread-safe.
class NamedValueReader {
 public:
  /// `format` is shown by `lossd explain`; it must outlive the reader.
  explicit NamedValueReader(std::string_view format, const ReaderOptions& options = {});

  struct Result {
    Ignored ignored = Ignored::kNone;
    std::string_view why;                   ///< in words
    std::span<const core::Sample> samples;  ///< valid until the next call
  };
  Result Read(const NamedValues& values);

  /// Nothing follows: gives what was held back.
  Result Finish();

  std::string_view format() const { return format_; }

 private:
  std::string_view format_;
  ReaderOptions options_;
  std::uint64_t count_ = 0;
  Fields fields_;
  Record record_;
  SeriesSelector selector_;
  SampleBuffer samples_;
};

}  // namespace lossd::records
