// What a reader of samples in a stream of bytes does, whatever the form of the stream. Adding a form is a folder with
// an implementation and a line in log_stream.cc.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "readers/log/log_reader.h"

namespace lossd::readers {

/// Whether bytes are the beginning of a stream of some form.
enum class Likeness : std::uint8_t { kNo, kYes, kTooFewBytes };

/// Reads a stream from front to back, as it grows. The same bytes give the same entries however they are split into
/// pieces. What it learns on the way (a header, the names that are in use) is a function of the bytes alone: whoever
/// resumes in the middle first hands it what lies before and drops what that gives. No I/O, no clock. Not thread-safe.
class Reader {
 public:
  virtual ~Reader() = default;

  /// What one line or record gave; false where there was none. Views are valid until the next call of any method.
  struct Entry {
    std::string_view text;     ///< of the line, without its terminator; "" of a record
    std::uint64_t number = 0;  ///< of the line or record, from 1; 0 where there was none
    LineResult result;
    std::optional<int> exit_status = {};  ///< of a record that says that the training is over

    explicit operator bool() const { return number != 0; }
  };

  /// Hands in the next bytes, which must stay valid until Next has returned nothing.
  virtual void Push(std::string_view bytes) = 0;
  /// What the next line or record gave, or nothing where none is whole in the bytes pushed. What is not whole is held
  /// back, for its writer may still finish it.
  virtual Entry Next() = 0;
  /// Nobody writes any more: to be called, once Next has returned nothing, until it returns nothing. Gives what is
  /// whole of a last line without its end, then what was held back to be joined with later ones. Should bytes come all
  /// the same, the rest of that line is passed over.
  virtual Entry Finish() = 0;

  struct Place {
    std::uint64_t offset = 0;
    std::optional<char> before;  ///< the byte in front of it, where known
    bool behind_entry = true;    ///< a value of offset(), and not any place in the stream
  };
  /// Goes on at another place, with what was learnt; what was not whole is forgotten. False, and nothing has changed,
  /// where entries cannot be found again from there: the reader must come there from the last place that it knows.
  virtual bool Resume(const Place& place) = 0;

  /// Up to where the stream is used up: what lies behind has given nothing yet and is where to resume.
  virtual std::uint64_t offset() const = 0;

  /// The name that the stream itself gives its run, as far as it was read; "" where it gives none.
  virtual std::string_view run() const { return {}; }

  /// What the stream is where its first bytes are those of no text, with what to do about it; "" where it is a text or
  /// of a form that has a reader. Such a stream is read as a text all the same.
  virtual std::string_view nature() const { return {}; }
};

}  // namespace lossd::readers
