// Reads logs in tests and shows what they gave.
#pragma once

#include <algorithm>
#include <cstdint>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "readers/log/log_reader.h"
#include "text/line_framer.h"

namespace lossd::readers {

/// `train 2.5 @120 epoch 0.5 lr 0.1 norm 3`.
inline std::string Shown(const core::Sample& sample) {
  std::ostringstream out;
  out << sample.loss << ' ' << sample.value;
  if (sample.step) out << " @" << *sample.step;
  if (sample.epoch) out << " epoch " << *sample.epoch;
  if (sample.learning_rate) out << " lr " << *sample.learning_rate;
  if (sample.gradient_norm) out << " norm " << *sample.gradient_norm;
  return out.str();
}

/// All samples of a log that comes in pieces of `piece` bytes and ends, in the order of the lines on which they stand.
inline std::vector<std::string> ReadLog(std::string_view bytes, std::size_t piece = std::string_view::npos,
                                        const records::ReaderOptions& options = {}) {
  LogReader reader(options);
  text::LineFramer framer;
  std::vector<std::pair<std::uint64_t, std::string>> found;
  const auto add = [&](const LineResult& result) {
    for (std::size_t i = 0; i < result.samples.size(); ++i)
      found.emplace_back(result.lines[i], Shown(result.samples[i]));
  };
  for (std::size_t at = 0; at < bytes.size(); at += std::min(piece, bytes.size() - at)) {
    framer.Push(bytes.substr(at, piece));
    while (const auto line = framer.Next()) add(reader.Read(line->text));
  }
  if (const auto line = framer.Finish()) add(reader.Read(line->text, false));
  add(reader.Finish());
  std::stable_sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<std::string> shown;
  for (auto& [line, sample] : found) shown.push_back(std::move(sample));
  return shown;
}

}  // namespace lossd::readers
