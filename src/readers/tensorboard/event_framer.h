// Bytes of TensorBoard's event files, in pieces of any size -> records.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "readers/part_collector.h"

namespace lossd::readers {

/// Cuts a stream of records `length (8 bytes), checksum of the length (4), message, checksum of the message (4)`, all
/// little-endian, the checksums masked CRC-32C. The same bytes give the same records however they are split into
/// pieces. A record that is not whole is held back, for its writer may still finish it.
///
/// The length has a checksum of its own. A damaged message is therefore passed over, and reading goes on behind it; a
/// damaged length ends the reading, for no record behind it can be found again.
class EventFramer {
 public:
  /// A longer record ends the reading: nobody writes such, and its end may be beyond all that will ever come.
  static constexpr std::uint64_t kMaxRecord = 64ULL << 20;
  /// A longer message (a graph, images) is passed over as it comes, without being held: memory stays bounded.
  static constexpr std::uint64_t kMaxMessage = 4ULL << 20;

  enum class Fault : std::uint8_t {
    kNone,
    kTooLong,       ///< the message is longer than kMaxMessage
    kWrongMessage,  ///< its checksum is wrong
    kWrongLength,   ///< the checksum of the length is wrong, or the length is above kMaxRecord: told once, the end
  };
  struct Record {
    std::string_view message;  ///< empty with a fault; valid until the next call of any method
    Fault fault = Fault::kNone;
  };

  /// Hands in the next bytes, which must stay valid until Next has returned nothing.
  void Push(std::string_view bytes) { parts_.Push(bytes); }
  std::optional<Record> Next();
  /// Forgets what was held back and starts at `offset`.
  void Reset(std::uint64_t offset);

  /// Whether the reading has ended at a damaged length.
  bool damaged() const { return damaged_; }
  /// Offset in the stream just behind the last record given out: where to resume.
  std::uint64_t offset() const { return offset_; }
  /// Bytes since then.
  std::uint64_t pending() const { return parts_.offset() - offset_; }

 private:
  enum class Part : std::uint8_t { kHeader, kMessage, kLongMessage, kLongMessageChecksum };

  bool TakeHeader(std::string_view header);
  void SkipMessage();
  Record Give(std::string_view message, Fault fault);

  PartCollector parts_;
  Part part_ = Part::kHeader;
  std::uint64_t length_ = 0;     // of the message
  std::uint64_t to_skip_ = 0;    // of a long message
  std::uint32_t remainder_ = 0;  // of the part of it that has been skipped
  bool damaged_ = false;
  std::uint64_t offset_ = 0;
};

/// The checksum of lengths and messages.
std::uint32_t MaskedCrc32c(std::string_view bytes);

/// Whether `bytes` begin as an event file does: a length and its checksum. False of fewer bytes than those.
bool StartsAsEventFile(std::string_view bytes);

}  // namespace lossd::readers
