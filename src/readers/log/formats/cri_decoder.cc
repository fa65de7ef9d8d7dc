#include "readers/log/formats/cri_decoder.h"

#include <algorithm>

#include "text/characters.h"
#include "text/json_string.h"

namespace lossd::readers {
namespace {

using std::string_view;

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
    text::UnescapeJson(line, 8, unescaped_);
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
