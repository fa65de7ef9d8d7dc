// Bytes of W&B's run files (`run-*.wandb`), in pieces of any size -> records.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "readers/part_collector.h"

namespace lossd::readers {

/// Cuts LevelDB's log format as W&B writes it: seven bytes of header (":W&B", 0xBEE1, version 0), then blocks of 32
/// KiB, the header counted into the first, filled with chunks `CRC-32 (4 bytes) of type and payload, length (2), type
/// (1), payload`, all little-endian. A record is one chunk (type 1) or a first (2), middles (3) and a last (4); fewer
/// than seven bytes at the end of a block are padding. The same bytes give the same records however they are split into
/// pieces. A record that is not whole is held back, for its writer may still finish it.
///
/// A damaged chunk costs the record that it belongs to and the rest of its block, for its length may be wrong, too.
class RunFileFramer {
 public:
  static constexpr std::uint64_t kBlock = 32 * 1024;
  /// A longer record (an artifact's manifest, a table) is passed over as it comes, without being held.
  static constexpr std::uint64_t kMaxRecord = 4ULL << 20;

  enum class Fault : std::uint8_t {
    kNone,
    kTooLong,    ///< the record is longer than kMaxRecord
    kDamaged,    ///< a checksum, a length or the order of chunks is wrong
    kWrongHead,  ///< the file does not begin as a run file does: told once, the end
  };
  struct Record {
    std::string_view message;  ///< empty with a fault; valid until the next call of any method
    Fault fault = Fault::kNone;
  };

  /// Hands in the next bytes, which must stay valid until Next has returned nothing.
  void Push(std::string_view bytes) { parts_.Push(bytes); }
  std::optional<Record> Next();
  /// Forgets what was held back and starts at `offset`, one that offset() gave.
  void Reset(std::uint64_t offset);

  /// Whether the reading has ended at a wrong head.
  bool damaged() const { return damaged_; }
  /// Offset in the stream just behind the last record given out: where to resume.
  std::uint64_t offset() const { return offset_; }
  /// Bytes since then.
  std::uint64_t pending() const { return parts_.offset() - offset_; }

 private:
  enum class Part : std::uint8_t { kChunkHead, kPayload, kSkip };

  bool TakeFileHead(std::string_view head);
  std::optional<Record> TakeChunkHead(std::string_view head);
  std::optional<Record> TakePayload(std::string_view payload);
  Record Damage();
  Record Give(std::string_view message, Fault fault);
  /// All of a block where none has been begun.
  std::uint64_t LeftInBlock() const { return kBlock - parts_.offset() % kBlock; }
  void Skip(std::uint64_t bytes);

  PartCollector parts_;
  std::string record_;  // of the chunks of a record that is not whole
  bool in_record_ = false, too_long_ = false, record_used_ = false;
  Part part_ = Part::kChunkHead;
  std::uint32_t checksum_ = 0;  // of the chunk
  std::uint16_t length_ = 0;
  char type_ = 0;
  std::uint64_t to_skip_ = 0;
  bool damaged_ = false;
  std::uint64_t offset_ = 0;  // just behind the last record
};

/// Whether `bytes` begin as a run file does. False of fewer bytes than that takes.
bool StartsAsRunFile(std::string_view bytes);
/// Whether fewer bytes than that takes may be the first of them.
bool MayStartAsRunFile(std::string_view bytes);

}  // namespace lossd::readers
