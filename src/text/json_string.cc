#include "text/json_string.h"

#include <algorithm>
#include <charconv>
#include <cstdint>

namespace lossd::text {
namespace {

using std::string_view;

/// The number in the four digits behind `\u`; 0 where there is none.
std::uint32_t CodeUnit(string_view text, std::size_t at) {
  std::uint32_t code = 0;
  const string_view digits = text.substr(std::min(at, text.size()), 4);
  std::from_chars(digits.data(), digits.data() + digits.size(), code, 16);
  return code;
}

void AppendUtf8(std::uint32_t code, std::string& out) {
  const auto byte = [&](std::uint32_t bits) { out.push_back(static_cast<char>(bits)); };
  if (code < 0x80) return byte(code);
  if (code < 0x800) {
    byte(0xC0 | code >> 6);
  } else {
    if (code < 0x10000) {
      byte(0xE0 | code >> 12);
    } else {
      byte(0xF0 | code >> 18);
      byte(0x80 | (code >> 12 & 0x3F));
    }
    byte(0x80 | (code >> 6 & 0x3F));
  }
  byte(0x80 | (code & 0x3F));
}

/// Appends the character whose digits begin at text[at], behind `\u`; returns where it ends.
std::size_t TakeCode(string_view text, std::size_t at, std::string& out) {
  constexpr std::size_t kDigits = 4, kMark = 2;
  std::uint32_t code = CodeUnit(text, at);
  at = std::min(at + kDigits, text.size());
  const bool first_half = code >= 0xD800 && code < 0xDC00;
  if (first_half && text.substr(at, kMark) == "\\u") {
    const std::uint32_t second = CodeUnit(text, at + kMark);
    if (second >= 0xDC00 && second < 0xE000) {
      code = 0x10000 + ((code - 0xD800) << 10) + (second - 0xDC00);
      at = std::min(at + kMark + kDigits, text.size());
    }
  }
  AppendUtf8(code >= 0xD800 && code < 0xE000 ? '?' : code, out);
  return at;
}

}  // namespace

std::size_t UnescapeJson(string_view text, std::size_t at, std::string& out) {
  while (at < text.size() && text[at] != '"') {
    if (text[at] != '\\' || at + 1 >= text.size()) {
      out.push_back(text[at++]);
      continue;
    }
    const char escaped = text[at + 1];
    at += 2;
    switch (escaped) {
      case 'n':
        out.push_back('\n');
        break;
      case 'r':
        out.push_back('\r');
        break;
      case 't':
        out.push_back('\t');
        break;
      case 'b':
        out.push_back('\b');
        break;
      case 'u':
        at = TakeCode(text, at, out);
        break;
      default:
        out.push_back(escaped);
    }
  }
  return at;
}

}  // namespace lossd::text
