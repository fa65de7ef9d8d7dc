// Short decimal numbers, all bytes at a time: most of the numbers of a log.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace lossd::text {

/// `120`, `2.5125`: the digits of a number and how many of them stand behind the point.
struct ShortDecimal {
  static constexpr std::size_t kBytes = 8;

  std::uint64_t digits = 0;  ///< 25125
  std::size_t length = 0;    ///< in bytes, the point included; 0 where the eight bytes do not hold it
  std::size_t behind_point = 0;
};

/// The number that the eight bytes at `at` begin with. It must end within them, with a digit behind its point.
inline ShortDecimal ReadShortDecimal(const char* at) {
  constexpr std::size_t kBytes = ShortDecimal::kBytes;
  std::uint64_t bytes;
  std::memcpy(&bytes, at, kBytes);
  if constexpr (std::endian::native == std::endian::big) bytes = __builtin_bswap64(bytes);
  bytes ^= 0x3030'3030'3030'3030;  // of a digit: what it is worth
  // The high bit of each byte above 9. No sum of a digit or of a point carries over into the byte behind it, so that
  // the first two are right.
  std::uint64_t others = ((bytes + 0x7676'7676'7676'7676) | bytes) & 0x8080'8080'8080'8080;
  const auto first_byte = [](std::uint64_t mask) { return static_cast<std::size_t>(std::countr_zero(mask)) / 8; };
  const std::size_t whole = first_byte(others);
  if (whole == 0 || whole == kBytes) return {};
  ShortDecimal number;
  number.length = whole;
  std::size_t count = whole;
  if (at[whole] == '.') {
    number.length = first_byte(others & (others - 1));
    number.behind_point = number.length - whole - 1;
    if (number.length == kBytes || number.behind_point == 0) return {};
    const std::uint64_t before_point = (std::uint64_t{1} << (8 * whole)) - 1;
    bytes = (bytes & before_point) | (bytes >> 8 & ~before_point);
    --(count = number.length);
  }
  // Zeros move in front of the digits; then neighbours are joined to pairs, and those to one number.
  bytes <<= 8 * (kBytes - count);
  bytes = bytes * 10 + (bytes >> 8);
  constexpr std::uint64_t kEveryOtherPair = 0x0000'00FF'0000'00FF;
  const std::uint64_t upper = (bytes & kEveryOtherPair) * (100 + (std::uint64_t{1'000'000} << 32));
  const std::uint64_t lower = (bytes >> 16 & kEveryOtherPair) * (1 + (std::uint64_t{10'000} << 32));
  number.digits = (upper + lower) >> 32;
  return number;
}

}  // namespace lossd::text
