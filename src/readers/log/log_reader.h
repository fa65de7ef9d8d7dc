// Lines of one log -> samples, whatever framework wrote them.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/sample.h"
#include "records/ignored.h"
#include "records/reader_options.h"

namespace lossd::readers {

/// What one line gave.
struct LineResult {
  records::Ignored ignored = records::Ignored::kNone;
  std::string_view
      format;  ///< the rule that took it ("python_dict", "key_value", "json", "csv", ...); "" where none did
  std::span<const core::Sample> samples;  ///< valid until the next call
  const core::Labels* labels = nullptr;   ///< labels that the line itself gave, or null
  std::string_view why;                   ///< for `explain`: in words, what was decided
  /// Of each sample the line (from 1) on which it stands: an earlier one where it was held back. As long as `samples`.
  std::span<const std::uint64_t> lines = {};
};

/// Reads the lines of one log in order and remembers what it has learnt: the header of a CSV file, the format that
/// works, the step that a line announced for the loss on the next one. No I/O, no clock. Allocation-free per line once
/// warm. Not thread-safe.
class LogReader {
 public:
  explicit LogReader(const records::ReaderOptions& options = {});
  ~LogReader();
  LogReader(LogReader&&) noexcept;
  LogReader& operator=(LogReader&&) noexcept;

  /// `line` is without its terminator; any bytes are allowed in it. `terminated` is false for the last line of a log
  /// that ends without one: a number that touches the end of such a line may be cut short, and is not taken.
  LineResult Read(std::string_view line, bool terminated = true);

  /// A line that is too long to be read: it counts, and gives nothing.
  void PassOver();

  /// No line follows: gives what was held back to be joined with a next one.
  LineResult Finish();

 private:
  LineResult ReadLine(std::string_view line, bool terminated);

  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace lossd::readers
