// Any bytes, cut into any pieces, are the same lines as in one piece.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "text/line_framer.h"

namespace {

using lossd::text::LineFramer;

std::vector<std::string> Lines(std::string_view bytes, std::size_t piece, std::size_t max_line) {
  LineFramer framer(max_line);
  std::vector<std::string> lines;
  const auto add = [&](const LineFramer::Line& line) {
    if (line.text.size() > max_line) std::abort();
    lines.push_back(std::string(line.text) + (line.truncated ? "~" : "") + std::to_string(line.end));
  };
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    framer.Push(bytes.substr(at, piece));
    while (const auto line = framer.Next()) add(*line);
  }
  if (const auto line = framer.Finish()) add(*line);
  return lines;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::size_t piece = data[0] % 17 + 1, max_line = data[1] % 64 + 1;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
  if (Lines(bytes, piece, max_line) != Lines(bytes, size, max_line)) std::abort();
  return 0;
}
