// Reads logs in tests and shows what they gave.
#pragma once

#include <algorithm>
#include <sstream>
#include <string>
#include <string_view>
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

/// All samples of a log that comes in pieces of `piece` bytes and ends.
inline std::vector<std::string> ReadLog(std::string_view bytes, std::size_t piece = std::string_view::npos,
                                        const records::ReaderOptions& options = {}) {
  LogReader reader(options);
  text::LineFramer framer;
  std::vector<std::string> shown;
  const auto add = [&](const LineResult& result) {
    for (const core::Sample& sample : result.samples) shown.push_back(Shown(sample));
  };
  for (std::size_t at = 0; at < bytes.size(); at += std::min(piece, bytes.size() - at)) {
    framer.Push(bytes.substr(at, piece));
    while (const auto line = framer.Next()) add(reader.Read(line->text));
  }
  if (const auto line = framer.Finish()) add(reader.Read(line->text, false));
  add(reader.Finish());
  return shown;
}

}  // namespace lossd::readers
