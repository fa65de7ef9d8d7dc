// Bytes of a log in pieces of any size -> what its lines or records gave, whichever it is made of.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "readers/log/log_reader.h"
#include "readers/tensorboard/event_file_reader.h"
#include "text/line_framer.h"

namespace lossd::readers {

/// A log read from its beginning: an event file of TensorBoard where its name or its first bytes say so, lines of text
/// otherwise. The same bytes give the same entries however they are split into pieces. No I/O, no clock. Not
/// thread-safe.
class LogStream {
 public:
  /// `path` is the name to judge by; `max_line` bounds the lines of a text.
  explicit LogStream(std::string_view path, const records::ReaderOptions& options = {},
                     std::size_t max_line = text::LineFramer::kDefaultMaxLine);

  /// What one line or record gave; false where there was none. Views are valid until the next call of any method.
  struct Entry {
    std::string_view text;     ///< of the line, without its terminator; "" of a record
    std::uint64_t number = 0;  ///< of the line or record, from 1; 0 where there was none
    LineResult result;

    explicit operator bool() const { return number != 0; }
  };

  /// Hands in the next bytes, which must stay valid until Next has returned nothing.
  void Push(std::string_view bytes);
  /// What the next line or record gave, or nothing once the bytes pushed are used up.
  Entry Next();

  /// The stream has ended: to be called, once Next has returned nothing, until it returns nothing. Gives the
  /// unterminated last line, as one that may have been cut short, then what was held back.
  Entry Finish();

 private:
  enum class Kind : std::uint8_t { kUndecided, kText, kEvents };
  enum class Ending : std::uint8_t { kNotYet, kLastLineGiven, kAllGiven };

  void Decide(bool at_end);
  Entry ReadLine(const text::LineFramer::Line& line);

  Kind kind_;
  Ending ending_ = Ending::kNotYet;
  std::string head_;  // the first bytes, until they are used up
  std::uint64_t number_ = 0;
  text::LineFramer framer_;
  LogReader lines_;
  EventFileReader events_;
};

}  // namespace lossd::readers
