#include "readers/wandb/run_file_framer.h"

#include <zlib.h>

#include <utility>

namespace lossd::readers {
namespace {

constexpr std::string_view kFileHead("\x3AW&B\xE1\xBE\x00", 7);
constexpr std::size_t kChunkHeadBytes = 7;

enum ChunkType : char { kFull = 1, kFirst = 2, kMiddle = 3, kLast = 4 };

std::uint32_t Checksum(char type, std::string_view payload) {
  const auto byte = static_cast<Bytef>(type);
  const uLong crc = crc32(0, &byte, 1);
  if (payload.empty()) return static_cast<std::uint32_t>(crc);  // a null pointer would ask zlib for its start value
  return static_cast<std::uint32_t>(
      crc32(crc, reinterpret_cast<const Bytef*>(payload.data()), static_cast<uInt>(payload.size())));
}

}  // namespace

bool StartsAsRunFile(std::string_view bytes) { return bytes.starts_with(kFileHead); }

bool MayStartAsRunFile(std::string_view bytes) { return kFileHead.starts_with(bytes); }

std::optional<RunFileFramer::Record> RunFileFramer::Next() {
  parts_.Release();
  if (std::exchange(record_used_, false)) PartCollector::Empty(record_);
  if (damaged_) parts_.Push({});
  while (!parts_.empty()) {
    if (part_ == Part::kSkip) {
      to_skip_ -= parts_.Take(to_skip_).size();
      if (to_skip_ == 0) part_ = Part::kChunkHead;
      continue;
    }
    const bool file_head = offset_ == 0 && parts_.offset() < kFileHead.size() && part_ == Part::kChunkHead;
    if (part_ == Part::kChunkHead && !parts_.holding() && LeftInBlock() < kChunkHeadBytes) {
      Skip(LeftInBlock());
      continue;
    }
    const auto whole = parts_.Collect(file_head                   ? kFileHead.size()
                                      : part_ == Part::kChunkHead ? kChunkHeadBytes
                                                                  : length_);
    if (!whole) return std::nullopt;
    std::optional<Record> record;
    if (file_head) {
      if (!TakeFileHead(*whole)) return Record{{}, Fault::kWrongHead};
    } else {
      record = part_ == Part::kChunkHead ? TakeChunkHead(*whole) : TakePayload(*whole);
    }
    if (record) return record;
    parts_.Release();
  }
  return std::nullopt;
}

void RunFileFramer::Reset(std::uint64_t offset) {
  *this = {};
  parts_ = PartCollector(offset);
  offset_ = offset;
}

bool RunFileFramer::TakeFileHead(std::string_view head) {
  damaged_ = !StartsAsRunFile(head);
  offset_ = damaged_ ? 0 : parts_.offset();
  return !damaged_;
}

std::optional<RunFileFramer::Record> RunFileFramer::TakeChunkHead(std::string_view head) {
  checksum_ = LoadLittleEndian<std::uint32_t>(head);
  length_ = LoadLittleEndian<std::uint16_t>(head.substr(4));
  type_ = head[6];
  // The head itself has been used up: what is left of its block may be all of it.
  const std::uint64_t left = LeftInBlock() % kBlock;
  if (type_ < kFull || type_ > kLast || length_ > left) return Damage();
  part_ = Part::kPayload;
  if (length_ == 0) return TakePayload({});
  return std::nullopt;
}

std::optional<RunFileFramer::Record> RunFileFramer::TakePayload(std::string_view payload) {
  part_ = Part::kChunkHead;
  if (Checksum(type_, payload) != checksum_) return Damage();
  const bool begins = type_ == kFull || type_ == kFirst;
  // The end of a record whose beginning was damaged.
  if (!begins && !in_record_) return std::nullopt;
  if (type_ == kFull) {
    in_record_ = false;
    return Give(payload, Fault::kNone);
  }
  if (begins) {
    // The record before has no end: its writer was killed, and another went on.
    const bool unfinished = std::exchange(in_record_, true);
    too_long_ = false;
    record_.assign(payload);
    return unfinished ? std::optional(Record{{}, Fault::kDamaged}) : std::nullopt;
  }
  too_long_ = too_long_ || record_.size() + payload.size() > kMaxRecord;
  if (too_long_) {
    PartCollector::Empty(record_);
  } else {
    record_.append(payload);
  }
  if (type_ != kLast) return std::nullopt;
  in_record_ = false;
  record_used_ = true;
  if (std::exchange(too_long_, false)) return Give({}, Fault::kTooLong);
  return Give(record_, Fault::kNone);
}

RunFileFramer::Record RunFileFramer::Damage() {
  in_record_ = too_long_ = false;
  PartCollector::Empty(record_);
  part_ = Part::kChunkHead;
  if (LeftInBlock() != kBlock) Skip(LeftInBlock());
  return {{}, Fault::kDamaged};
}

void RunFileFramer::Skip(std::uint64_t bytes) {
  part_ = Part::kSkip;
  to_skip_ = bytes;
}

RunFileFramer::Record RunFileFramer::Give(std::string_view message, Fault fault) {
  offset_ = parts_.offset();
  return {message, fault};
}

}  // namespace lossd::readers
