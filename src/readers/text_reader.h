// Lines of text -> samples.
#pragma once

#include <cstddef>
#include <cstdint>

#include "readers/log/log_reader.h"
#include "readers/reader.h"
#include "text/line_framer.h"

namespace lossd::readers {

/// Cuts a stream into lines and reads them. NULs at its beginning, the hole that a truncated file gets when its writer
/// keeps its offset, are passed over.
class TextReader : public Reader {
 public:
  /// A line longer than `max_line` gives nothing but its beginning, as one that is too long.
  TextReader(const records::ReaderOptions& options, std::size_t max_line) : framer_(max_line), lines_(options) {}

  void Push(std::string_view bytes) override;
  Entry Next() override;
  Entry Finish() override;
  /// Anywhere: in the middle of a line, its rest is passed over.
  bool Resume(const Place& place) override;
  std::uint64_t offset() const override { return offset_; }

 private:
  enum class Ending : std::uint8_t { kNotYet, kLastLineGiven, kAllGiven };

  Entry ReadLine(const text::LineFramer::Line& line);

  Ending ending_ = Ending::kNotYet;
  bool leading_nuls_ = true;  // nothing else so far
  bool skip_line_ = false;    // what comes before the next terminator is passed over
  std::uint64_t number_ = 0;
  std::uint64_t offset_ = 0;
  text::LineFramer framer_;
  LogReader lines_;
};

}  // namespace lossd::readers
