// Lines of one log -> samples, whatever framework wrote them.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/sample.h"

namespace lossd::ingest {

/// Why a line gave no sample. Names are values of the label `reason` of the line counter.
enum class Ignored : std::uint8_t {
  kNone,        ///< the line gave a sample, or context (a step, a header) for one
  kBlank,       ///< empty, or only decoration
  kNoLoss,      ///< no loss in it
  kUnparsable,  ///< looked like a record, but a value could not be read
  kDuplicate,   ///< tells a step again that another layer or another rank has told
  kOtherRank,   ///< of a rank that is not followed
  kTooLong,     ///< cut off by the limit on the length of a line
};
std::string_view Name(Ignored reason);

/// A pattern of the user's own: RE2 with named groups `loss`, `step`, `epoch`, `lr`, `grad_norm`; any other group is a
/// label.
struct PatternOptions {
  std::string regex;
  std::string series = core::kTrainSeries;  ///< name of the series that `loss` belongs to
};

struct ReaderOptions {
  std::vector<PatternOptions> patterns;  ///< where given, only these are tried
  /// Names of the user's own for the fields of a record (`loss`, `eval_loss`, `step`, `epoch`, `lr`, `grad_norm`);
  /// empty: detect.
  std::string loss_key, eval_loss_key, step_key, epoch_key, learning_rate_key, gradient_norm_key;
  std::vector<std::string> metric_keys;  ///< fields that are no losses, to follow as series of their own: `reward`
  /// The log's path: MLflow's file store names a metric by its file alone.
  std::string path_hint;
};

/// What one line gave.
struct LineResult {
  Ignored ignored = Ignored::kNone;
  std::string_view
      format;  ///< the rule that took it ("python_dict", "key_value", "json", "csv", ...); "" where none did
  std::span<const core::Sample> samples;  ///< valid until the next call
  const core::Labels* labels = nullptr;   ///< labels that the line itself gave, or null
  std::string_view why;                   ///< for `explain`: in words, what was decided
};

/// Reads the lines of one log in order and remembers what it has learnt: the header of a CSV file, the format that
/// works, the step that a line announced for the loss on the next one. No I/O, no clock. Allocation-free per line once
/// warm. Not thread-safe.
class LogReader {
 public:
  explicit LogReader(const ReaderOptions& options = {});
  ~LogReader();
  LogReader(LogReader&&) noexcept;
  LogReader& operator=(LogReader&&) noexcept;

  /// `line` is without its terminator; any bytes are allowed in it. `terminated` is false for the last line of a log
  /// that ends without one: a number that touches the end of such a line may be cut short, and is not taken.
  LineResult Read(std::string_view line, bool terminated = true);

  /// No line follows: gives what was held back to be joined with a next one.
  LineResult Finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace lossd::ingest
