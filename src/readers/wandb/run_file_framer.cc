#include "readers/wandb/run_file_framer.h"

#include <zlib.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

namespace lossd::readers {
namespace {

constexpr std::string_view kFileHead("\x3AW&B\xE1\xBE\x00", 7);
constexpr std::size_t kChunkHeadBytes = 7;
/// What is kept for the next record; more was for a large one.
constexpr std::size_t kKeptBytes = 64 * 1024;

enum ChunkType : char { kFull = 1, kFirst = 2, kMiddle = 3, kLast = 4 };

template <typename T>
T Load(std::string_view bytes) {
  static_assert(std::endian::native == std::endian::little);
  T value{};
  std::memcpy(&value, bytes.data(), sizeof(value));
  return value;
}

std::uint32_t Checksum(char type, std::string_view payload) {
  const auto byte = static_cast<Bytef>(type);
  const uLong crc = crc32(0, &byte, 1);
  if (payload.empty()) return static_cast<std::uint32_t>(crc);  // a null pointer would ask zlib for its start value
  return static_cast<std::uint32_t>(
      crc32(crc, reinterpret_cast<const Bytef*>(payload.data()), static_cast<uInt>(payload.size())));
}

void Empty(std::string& text) {
  text.clear();
  if (text.capacity() > kKeptBytes) text.shrink_to_fit();
}

}  // namespace

bool StartsAsRunFile(std::string_view bytes) { return bytes.starts_with(kFileHead); }

bool MayStartAsRunFile(std::string_view bytes) { return kFileHead.starts_with(bytes); }

std::optional<RunFileFramer::Record> RunFileFramer::Next() {
  if (std::exchange(held_used_, false)) Empty(held_);
  if (std::exchange(record_used_, false)) Empty(record_);
  if (damaged_) piece_ = {};
  while (!piece_.empty()) {
    if (part_ == Part::kSkip) {
      const std::uint64_t taken = std::min<std::uint64_t>(to_skip_, piece_.size());
      piece_.remove_prefix(static_cast<std::size_t>(taken));
      at_ += taken;
      to_skip_ -= taken;
      if (to_skip_ == 0) part_ = Part::kChunkHead;
      continue;
    }
    const bool file_head = offset_ == 0 && at_ < kFileHead.size() && part_ == Part::kChunkHead;
    if (part_ == Part::kChunkHead && held_.empty() && LeftInBlock() < kChunkHeadBytes) {
      Skip(LeftInBlock());
      continue;
    }
    const auto whole = Collect(file_head ? kFileHead.size() : part_ == Part::kChunkHead ? kChunkHeadBytes : length_);
    if (!whole) return std::nullopt;
    std::optional<Record> record;
    if (file_head) {
      if (!TakeFileHead(*whole)) return Record{{}, Fault::kWrongHead};
    } else {
      record = part_ == Part::kChunkHead ? TakeChunkHead(*whole) : TakePayload(*whole);
    }
    if (record) return record;
    if (std::exchange(held_used_, false)) held_.clear();
  }
  return std::nullopt;
}

void RunFileFramer::Reset(std::uint64_t offset) {
  *this = {};
  offset_ = offset;
  at_ = offset;
}

/// The next `size` bytes, once they are all there: where they lie, or gathered in held_.
std::optional<std::string_view> RunFileFramer::Collect(std::size_t size) {
  const std::size_t taken = std::min(size - held_.size(), piece_.size());
  const std::string_view fresh = piece_.substr(0, taken);
  piece_.remove_prefix(taken);
  at_ += taken;
  if (held_.empty() && taken == size) return fresh;
  held_.append(fresh);
  if (held_.size() < size) return std::nullopt;
  held_used_ = true;
  return held_;
}

bool RunFileFramer::TakeFileHead(std::string_view head) {
  damaged_ = !StartsAsRunFile(head);
  offset_ = damaged_ ? 0 : at_;
  return !damaged_;
}

std::optional<RunFileFramer::Record> RunFileFramer::TakeChunkHead(std::string_view head) {
  checksum_ = Load<std::uint32_t>(head);
  length_ = Load<std::uint16_t>(head.substr(4));
  type_ = head[6];
  // The head itself has been used up: what is left of its block may be all of it.
  const std::uint64_t left = at_ % kBlock == 0 ? 0 : LeftInBlock();
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
    Empty(record_);
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
  Empty(record_);
  part_ = Part::kChunkHead;
  if (at_ % kBlock != 0) Skip(LeftInBlock());
  return {{}, Fault::kDamaged};
}

void RunFileFramer::Skip(std::uint64_t bytes) {
  part_ = Part::kSkip;
  to_skip_ = bytes;
}

RunFileFramer::Record RunFileFramer::Give(std::string_view message, Fault fault) {
  offset_ = at_;
  return {message, fault};
}

}  // namespace lossd::readers
