#include "readers/tensorboard/event_framer.h"

#include <algorithm>
#include <bit>
#include <boost/crc.hpp>
#include <cstring>
#include <utility>

namespace lossd::readers {
namespace {

constexpr std::size_t kHeaderBytes = 12;
constexpr std::size_t kChecksumBytes = 4;
/// What is kept for the next record; more was for a large one.
constexpr std::size_t kKeptBytes = 64 * 1024;

constexpr std::uint32_t kStart = 0xFFFFFFFF;
using Crc32c = boost::crc_optimal<32, 0x1EDC6F41, kStart, 0xFFFFFFFF, true, true>;

template <typename T>
T Load(std::string_view bytes) {
  static_assert(std::endian::native == std::endian::little);
  T value{};
  std::memcpy(&value, bytes.data(), sizeof(value));
  return value;
}

/// TensorFlow masks its checksums, lest those of bytes that hold checksums degenerate.
std::uint32_t Masked(const Crc32c& crc) {
  return std::rotr(static_cast<std::uint32_t>(crc.checksum()), 15) + 0xA282EAD8U;
}

}  // namespace

std::uint32_t MaskedCrc32c(std::string_view bytes) {
  Crc32c crc;
  crc.process_bytes(bytes.data(), bytes.size());
  return Masked(crc);
}

bool StartsAsEventFile(std::string_view bytes) {
  return bytes.size() >= kHeaderBytes && MaskedCrc32c(bytes.substr(0, 8)) == Load<std::uint32_t>(bytes.substr(8));
}

std::optional<EventFramer::Record> EventFramer::Next() {
  if (std::exchange(held_used_, false)) {
    held_.clear();
    if (held_.capacity() > kKeptBytes) held_.shrink_to_fit();
  }
  if (damaged_) piece_ = {};
  while (!piece_.empty()) {
    if (part_ == Part::kLongMessage) {
      SkipMessage();
      continue;
    }
    const auto whole = Collect(part_ == Part::kHeader    ? kHeaderBytes
                               : part_ == Part::kMessage ? static_cast<std::size_t>(length_) + kChecksumBytes
                                                         : kChecksumBytes);
    if (!whole) return std::nullopt;
    switch (part_) {
      case Part::kHeader:
        if (!TakeHeader(*whole)) return Record{{}, Fault::kWrongLength};
        held_.clear();
        held_used_ = false;
        break;
      case Part::kMessage: {
        const std::string_view message = whole->substr(0, static_cast<std::size_t>(length_));
        if (MaskedCrc32c(message) != Load<std::uint32_t>(whole->substr(message.size()))) {
          return Give({}, Fault::kWrongMessage);
        }
        return Give(message, Fault::kNone);
      }
      case Part::kLongMessage:
      case Part::kLongMessageChecksum:
        return Give({},
                    Masked(Crc32c(remainder_)) == Load<std::uint32_t>(*whole) ? Fault::kTooLong : Fault::kWrongMessage);
    }
  }
  return std::nullopt;
}

void EventFramer::Reset(std::uint64_t offset) {
  *this = {};
  offset_ = offset;
}

/// The next `size` bytes, once they are all there: where they lie, or gathered in held_.
std::optional<std::string_view> EventFramer::Collect(std::size_t size) {
  const std::size_t taken = std::min(size - held_.size(), piece_.size());
  const std::string_view fresh = piece_.substr(0, taken);
  piece_.remove_prefix(taken);
  pending_ += taken;
  if (held_.empty() && taken == size) return fresh;
  held_.append(fresh);
  if (held_.size() < size) return std::nullopt;
  held_used_ = true;
  return held_;
}

/// False where no record can be found any more.
bool EventFramer::TakeHeader(std::string_view header) {
  length_ = Load<std::uint64_t>(header);
  damaged_ = !StartsAsEventFile(header) || length_ > kMaxRecord;
  part_ = length_ > kMaxMessage ? Part::kLongMessage : Part::kMessage;
  to_skip_ = length_;
  remainder_ = kStart;
  return !damaged_;
}

void EventFramer::SkipMessage() {
  const std::string_view bytes =
      piece_.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(to_skip_, piece_.size())));
  piece_.remove_prefix(bytes.size());
  pending_ += bytes.size();
  to_skip_ -= bytes.size();
  Crc32c crc(remainder_);
  crc.process_bytes(bytes.data(), bytes.size());
  remainder_ = static_cast<std::uint32_t>(crc.get_interim_remainder());
  if (to_skip_ == 0) part_ = Part::kLongMessageChecksum;
}

EventFramer::Record EventFramer::Give(std::string_view message, Fault fault) {
  offset_ += pending_;
  pending_ = 0;
  part_ = Part::kHeader;
  return {message, fault};
}

}  // namespace lossd::readers
