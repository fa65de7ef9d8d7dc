// TensorBoard's event files (`events.out.tfevents.*`) -> samples.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "ingest/log_reader.h"

namespace lossd::ingest {

/// Reads the file as it grows, in pieces of any size: length-prefixed records with checksums, each a protobuf Event
/// with scalars. A record that is not whole yet waits for the rest. A record whose checksum is wrong ends the reading:
/// nothing behind it can be found again. Tags are names, read with the vocabulary of LogReader. No I/O, no clock. Not
/// thread-safe.
class EventFileReader {
 public:
  explicit EventFileReader(const ReaderOptions& options = {});
  ~EventFileReader();
  EventFileReader(EventFileReader&&) noexcept;
  EventFileReader& operator=(EventFileReader&&) noexcept;

  /// Whether a file by this name is an event file.
  static bool Handles(std::string_view path);

  /// Hands in the next bytes. They are copied where a record is not whole.
  void Push(std::string_view bytes);
  /// What the next whole record gave, or nothing where more bytes are needed or the file is damaged.
  std::optional<LineResult> Next();
  /// No record follows: gives what was held back.
  LineResult Finish();

  /// Whether a wrong checksum or an impossible length was met.
  bool damaged() const;
  /// Offset in the file just behind the last whole record.
  std::uint64_t offset() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace lossd::ingest
