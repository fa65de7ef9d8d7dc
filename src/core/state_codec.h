// The bytes of a saved state: little-endian, fixed-width, exact to the bit. Framing, versions and checksums are the
// caller's.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace lossd::core {

/// Of the form in which trackers are saved, wherever that is: to be raised where what they hold changes. Only a state
/// of this form is read.
inline constexpr std::uint32_t kStateVersion = 12;

/// Appends values to a byte string.
class StateWriter {
 public:
  void U64(std::uint64_t value) {
    char bytes[8];
    for (int i = 0; i < 8; ++i) bytes[i] = static_cast<char>(value >> (8 * i));
    bytes_.append(bytes, 8);
  }
  void I64(std::int64_t value) { U64(static_cast<std::uint64_t>(value)); }
  void F64(double value) { U64(std::bit_cast<std::uint64_t>(value)); }
  void Bool(bool value) { U64(value ? 1 : 0); }
  void String(std::string_view value) {
    U64(value.size());
    bytes_.append(value);
  }
  void Optional(const std::optional<double>& value) {
    Bool(value.has_value());
    F64(value.value_or(0));
  }
  void Optional(const std::optional<std::int64_t>& value) {
    Bool(value.has_value());
    I64(value.value_or(0));
  }
  const std::string& bytes() const { return bytes_; }
  /// Room for so many bytes, those that are there among them.
  void Reserve(std::size_t bytes) { bytes_.reserve(bytes); }
  /// What was appended since the last Take.
  std::string Take() { return std::exchange(bytes_, {}); }

 private:
  std::string bytes_;
};

/// Reads what StateWriter wrote. Past the end, or on a value that cannot be, every read gives zero and ok() turns false
/// for good: callers read a whole object and ask once. A length is checked against what is left before anything is
/// allocated.
class StateReader {
 public:
  explicit StateReader(std::string_view bytes) : rest_(bytes) {}

  std::uint64_t U64() {
    if (rest_.size() < 8) return Fail();
    std::uint64_t value = 0;
    for (int i = 0; i < 8; ++i)
      value |= std::uint64_t{static_cast<unsigned char>(rest_[static_cast<std::size_t>(i)])} << (8 * i);
    rest_.remove_prefix(8);
    return value;
  }
  std::int64_t I64() { return static_cast<std::int64_t>(U64()); }
  /// A number of nanoseconds that arithmetic with a clock cannot make overflow: a span within 30 years, or a moment
  /// between the years 1843 and 2096.
  std::int64_t Span() { return Within(kMostSpan); }
  std::int64_t Moment() { return Within(kMostMoment); }
  double F64() { return std::bit_cast<double>(U64()); }
  bool Bool() {
    const std::uint64_t value = U64();
    return value <= 1 ? value == 1 : Fail() != 0;
  }
  std::string String() {
    const std::uint64_t size = U64();
    if (size > rest_.size()) return Fail(), std::string();
    std::string value(rest_.substr(0, size));
    rest_.remove_prefix(size);
    return value;
  }
  void Optional(std::optional<double>& value) {
    const bool present = Bool();
    const double read = F64();
    value = present ? std::optional(read) : std::nullopt;
  }
  void Optional(std::optional<std::int64_t>& value) {
    const bool present = Bool();
    const std::int64_t read = I64();
    value = present ? std::optional(read) : std::nullopt;
  }
  /// Marks the input as unfit, for a caller that finds a value out of range.
  std::uint64_t Fail() {
    ok_ = false;
    rest_ = {};
    return 0;
  }
  bool ok() const { return ok_; }
  bool at_end() const { return rest_.empty(); }

 private:
  static constexpr std::int64_t kMostSpan = 1'000'000'000'000'000'000;
  static constexpr std::int64_t kMostMoment = 4 * kMostSpan;

  std::int64_t Within(std::int64_t bound) {
    const std::int64_t value = I64();
    return value >= -bound && value <= bound ? value : static_cast<std::int64_t>(Fail());
  }

  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace lossd::core
