#include "readers/log/formats/ansi_filter.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace lossd::readers {
namespace {

bool IsControl(char c) { return static_cast<unsigned char>(c) < 0x20 && c != '\t'; }

/// Whether one of eight bytes is below 0x20: exact as a whole, not for the single byte.
bool HasLow(const char* bytes) {
  constexpr std::uint64_t kOnes = 0x0101010101010101;
  std::uint64_t word;
  std::memcpy(&word, bytes, sizeof word);
  return ((word - 0x20 * kOnes) & ~word & (0x80 * kOnes)) != 0;
}

/// Eight bytes at a time: it is asked of every line. A line with tabs is looked at byte by byte.
bool HasControl(std::string_view line) {
  constexpr std::size_t kStride = sizeof(std::uint64_t);
  std::size_t at = 0;
  while (at + kStride <= line.size() && !HasLow(line.data() + at)) at += kStride;
  return std::any_of(line.begin() + static_cast<std::ptrdiff_t>(at), line.end(), IsControl);
}

bool IsMark(std::string_view line, std::size_t at) {
  const std::string_view head = line.substr(at, 3);
  return head == "\xEF\xBB\xBF" || head.substr(0, 2) == "\xFF\xFE" || head.substr(0, 2) == "\xFE\xFF";
}

class Cleaner {
 public:
  Cleaner(std::string_view line, std::string& out) : line_(line), out_(out) {}

  void Run() {
    while (at_ < line_.size()) {
      const char c = line_[at_];
      if (c == '\x1b') {
        TakeEscape();
      } else if (c == '\b' || c == '\r') {
        Break();
        ++at_;
      } else if (at_ == 0 && IsMark(line_, 0)) {
        at_ += line_[0] == '\xEF' ? 3 : 2;
      } else if (IsControl(c)) {
        ++at_;
      } else {
        if (!display_) out_.push_back(c);
        ++at_;
      }
    }
  }

 private:
  void Break() {
    display_ = false;
    if (!out_.empty() && out_.back() != '\r') out_.push_back('\r');
  }

  void TakeEscape() {
    ++at_;
    if (at_ >= line_.size()) return;
    const char kind = line_[at_++];
    if (kind == ']') {  // a title: to BEL or ESC backslash
      while (at_ < line_.size() && line_[at_] != '\a' && line_[at_] != '\x1b') ++at_;
      if (at_ < line_.size() && line_[at_] == '\a') ++at_;
    } else if (kind == '[') {
      while (at_ < line_.size() && (line_[at_] < 0x40 || line_[at_] > 0x7E)) ++at_;
      if (at_ >= line_.size()) return;
      const char command = line_[at_++];
      if (command == 'm' || command == 'h' || command == 'l') return;
      Break();
      display_ = command == 'J' && line_.substr(0, at_).ends_with("\x1b[H\x1b[J");
    } else if (kind == '(' || kind == ')') {
      if (at_ < line_.size()) ++at_;
    }
  }

  std::string_view line_;
  std::string& out_;
  std::size_t at_ = 0;
  bool display_ = false;
};

}  // namespace

std::string_view CleanText(std::string_view line, std::string& buffer) {
  if (!HasControl(line) && !IsMark(line, 0)) return line;
  buffer.clear();
  Cleaner(line, buffer).Run();
  return buffer;
}

}  // namespace lossd::readers
