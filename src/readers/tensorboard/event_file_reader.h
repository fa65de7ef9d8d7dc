// TensorBoard's event files (`events.out.tfevents.*`) -> samples.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "readers/log/log_reader.h"

namespace lossd::readers {

/// Reads the file as it grows, in pieces of any size: framed records (see EventFramer, also for what becomes of
/// damage), each a protobuf Event with scalars. Tags are names, read with the vocabulary of LogReader. No I/O, no
/// clock. Not thread-safe.
class EventFileReader {
 public:
  explicit EventFileReader(const records::ReaderOptions& options = {});
  ~EventFileReader();
  EventFileReader(EventFileReader&&) noexcept;
  EventFileReader& operator=(EventFileReader&&) noexcept;

  /// Whether a file by this name is an event file.
  static bool Handles(std::string_view path);

  /// Hands in the next bytes, which must stay valid until Next has returned nothing.
  void Push(std::string_view bytes);
  /// What the next whole record gave, or nothing where more bytes are needed or the file is damaged.
  std::optional<LineResult> Next();
  /// No record follows: gives what was held back.
  LineResult Finish();
  /// Forgets the record that is not whole and goes on with the one at `offset`; what was learnt is kept.
  void Resume(std::uint64_t offset);

  /// Whether the reading has ended at a damaged length.
  bool damaged() const;
  /// Offset in the file just behind the last record given out.
  std::uint64_t offset() const;
  /// Bytes since then.
  std::uint64_t pending() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace lossd::readers
