#include "readers/log/formats/cri_decoder.h"

#include <algorithm>
#include <charconv>

#include "text/characters.h"

namespace lossd::readers {
namespace {

using std::string_view;

/// Appends the JSON string that begins at text[at], behind its opening quote; returns where its closing quote stands.
std::size_t Unescape(string_view text, std::size_t at, std::string& out) {
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
      case 'u': {
        unsigned code = 0;
        const string_view digits = text.substr(std::min(at, text.size()), 4);
        std::from_chars(digits.data(), digits.data() + digits.size(), code, 16);
        // Only control characters matter to what follows; all else stands for itself.
        out.push_back(code < 0x80 ? static_cast<char>(code) : '?');
        at += digits.size();
        break;
      }
      default:
        out.push_back(escaped);
    }
  }
  return at;
}

/// Length of `2024-01-31T00:00:00.000000000Z stdout F `; 0 where it is not there. `last` says whether the line ends
/// here.
std::size_t CriPrefix(string_view line, bool& last) {
  if (line.size() < 24 || !text::IsDigit(line[0]) || line[4] != '-' || line[7] != '-' || line[10] != 'T' ||
      line[13] != ':')
    return 0;
  const std::size_t space = line.find(' ');
  if (space > 40) return 0;  // npos too
  const string_view rest = line.substr(space + 1);
  if (!rest.starts_with("stdout ") && !rest.starts_with("stderr ")) return 0;
  if (rest.size() < 8 || (rest[7] != 'F' && rest[7] != 'P') || (rest.size() > 8 && rest[8] != ' ' && rest[8] != ':'))
    return 0;
  last = rest[7] == 'F';
  return space + 1 + std::min<std::size_t>(rest.size(), 9);
}

}  // namespace

std::optional<string_view> ContainerFrame::Unwrap(string_view line) {
  bool last = true;
  if (const std::size_t length = CriPrefix(line, last); length != 0) {
    const bool error = line.substr(line.find(' ') + 1).starts_with("stderr");
    return Join(error ? err_ : out_, line.substr(length), last);
  }
  if (line.starts_with("{\"log\":\"") && line.find("\"stream\":\"std") != string_view::npos) {
    unescaped_.clear();
    Unescape(line, 8, unescaped_);
    const bool whole = unescaped_.ends_with('\n');
    while (!unescaped_.empty() && (unescaped_.back() == '\n' || unescaped_.back() == '\r')) unescaped_.pop_back();
    const bool error = line.find("\"stream\":\"stderr") != string_view::npos;
    return Join(error ? err_ : out_, unescaped_, whole);
  }
  return line;
}

std::optional<string_view> ContainerFrame::Join(Stream& stream, string_view part, bool last) {
  if (stream.emitted) {
    stream.parts.clear();
    stream.emitted = false;
  }
  if (last && stream.parts.empty()) return part;
  stream.parts.append(part.substr(0, kMaxLine - std::min(kMaxLine, stream.parts.size())));
  if (!last) return std::nullopt;
  stream.emitted = true;
  return stream.parts;
}

}  // namespace lossd::readers
