// Writes TensorBoard's event files by hand, byte for byte: independently of the code that reads them.
#pragma once

#include <bit>
#include <cstdint>
#include <string>
#include <string_view>

namespace lossd::support {

template <typename T>
std::string LittleEndian(T value) {
  std::string bytes;
  for (std::size_t i = 0; i < sizeof(value); ++i) bytes.push_back(static_cast<char>((value >> (8 * i)) & 0xFF));
  return bytes;
}

inline std::uint32_t MaskedChecksum(std::string_view bytes) {
  std::uint32_t crc = 0xFFFFFFFF;
  for (const char c : bytes) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0x82F63B78 : 0);
  }
  return std::rotr(~crc, 15) + 0xA282EAD8;
}

inline std::string RecordHeader(std::uint64_t length) {
  const std::string bytes = LittleEndian(length);
  return bytes + LittleEndian(MaskedChecksum(bytes));
}

inline std::string Record(std::string_view message) {
  return RecordHeader(message.size()) + std::string(message) + LittleEndian(MaskedChecksum(message));
}

inline std::string Varint(std::uint64_t value) {
  std::string bytes;
  for (; value >= 0x80; value >>= 7) bytes.push_back(static_cast<char>(value | 0x80));
  return bytes + static_cast<char>(value);
}

inline std::string Key(std::uint32_t field, std::uint32_t type) { return Varint(field << 3 | type); }
inline std::string VarintField(std::uint32_t field, std::uint64_t value) { return Key(field, 0) + Varint(value); }
inline std::string FloatField(std::uint32_t field, float value) {
  return Key(field, 5) + LittleEndian(std::bit_cast<std::uint32_t>(value));
}
inline std::string DoubleField(std::uint32_t field, double value) {
  return Key(field, 1) + LittleEndian(std::bit_cast<std::uint64_t>(value));
}
inline std::string BytesField(std::uint32_t field, std::string_view bytes) {
  return Key(field, 2) + Varint(bytes.size()) + std::string(bytes);
}

/// A value of a summary, as TensorFlow 1 and PyTorch write it.
inline std::string SimpleValue(std::string_view tag, float value) {
  return BytesField(1, BytesField(1, tag) + FloatField(2, value));
}
/// A value of a summary whose tensor has these fields, as TensorFlow 2 writes it.
inline std::string TensorValue(std::string_view tag, std::string_view tensor) {
  return BytesField(1, BytesField(1, tag) + BytesField(8, tensor));
}

/// An Event with a step and the values of a summary.
inline std::string EventMessage(std::int64_t step, std::string_view values) {
  return DoubleField(1, 1.7e9) + VarintField(2, static_cast<std::uint64_t>(step)) + BytesField(5, values);
}
inline std::string ScalarRecord(std::int64_t step, std::string_view tag, float value) {
  return Record(EventMessage(step, SimpleValue(tag, value)));
}
/// What every event file begins with.
inline std::string VersionRecord() { return Record(DoubleField(1, 1.7e9) + BytesField(3, "brain.Event:2")); }

}  // namespace lossd::support
