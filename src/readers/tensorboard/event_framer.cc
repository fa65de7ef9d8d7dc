#include "readers/tensorboard/event_framer.h"

#include <bit>
#include <boost/crc.hpp>

namespace lossd::readers {
namespace {

constexpr std::size_t kHeaderBytes = 12;
constexpr std::size_t kChecksumBytes = 4;

constexpr std::uint32_t kStart = 0xFFFFFFFF;
using Crc32c = boost::crc_optimal<32, 0x1EDC6F41, kStart, 0xFFFFFFFF, true, true>;

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
  return bytes.size() >= kHeaderBytes &&
         MaskedCrc32c(bytes.substr(0, 8)) == LoadLittleEndian<std::uint32_t>(bytes.substr(8));
}

std::optional<EventFramer::Record> EventFramer::Next() {
  parts_.Release();
  if (damaged_) parts_.Push({});
  while (!parts_.empty()) {
    if (part_ == Part::kLongMessage) {
      SkipMessage();
      continue;
    }
    const auto whole = parts_.Collect(part_ == Part::kHeader    ? kHeaderBytes
                                      : part_ == Part::kMessage ? static_cast<std::size_t>(length_) + kChecksumBytes
                                                                : kChecksumBytes);
    if (!whole) return std::nullopt;
    switch (part_) {
      case Part::kHeader:
        if (!TakeHeader(*whole)) return Record{{}, Fault::kWrongLength};
        parts_.Release();
        break;
      case Part::kMessage: {
        const std::string_view message = whole->substr(0, static_cast<std::size_t>(length_));
        if (MaskedCrc32c(message) != LoadLittleEndian<std::uint32_t>(whole->substr(message.size()))) {
          return Give({}, Fault::kWrongMessage);
        }
        return Give(message, Fault::kNone);
      }
      case Part::kLongMessage:
      case Part::kLongMessageChecksum:
        return Give({}, Masked(Crc32c(remainder_)) == LoadLittleEndian<std::uint32_t>(*whole) ? Fault::kTooLong
                                                                                              : Fault::kWrongMessage);
    }
  }
  return std::nullopt;
}

void EventFramer::Reset(std::uint64_t offset) {
  *this = {};
  parts_ = PartCollector(offset);
  offset_ = offset;
}

/// False where no record can be found any more.
bool EventFramer::TakeHeader(std::string_view header) {
  length_ = LoadLittleEndian<std::uint64_t>(header);
  damaged_ = !StartsAsEventFile(header) || length_ > kMaxRecord;
  part_ = length_ > kMaxMessage ? Part::kLongMessage : Part::kMessage;
  to_skip_ = length_;
  remainder_ = kStart;
  return !damaged_;
}

void EventFramer::SkipMessage() {
  const std::string_view bytes = parts_.Take(to_skip_);
  to_skip_ -= bytes.size();
  Crc32c crc(remainder_);
  crc.process_bytes(bytes.data(), bytes.size());
  remainder_ = static_cast<std::uint32_t>(crc.get_interim_remainder());
  if (to_skip_ == 0) part_ = Part::kLongMessageChecksum;
}

EventFramer::Record EventFramer::Give(std::string_view message, Fault fault) {
  offset_ = parts_.offset();
  part_ = Part::kHeader;
  return {message, fault};
}

}  // namespace lossd::readers
