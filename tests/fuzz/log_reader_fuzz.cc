// Any log can be read, and read again to the same samples.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "readers/log/log_reader.h"
#include "text/line_framer.h"

namespace {

using lossd::core::Sample;
using lossd::readers::LineResult;
using lossd::readers::LogReader;
using lossd::text::LineFramer;

std::vector<Sample> Read(std::string_view bytes, std::size_t piece) {
  LogReader reader;
  LineFramer framer;
  std::vector<Sample> samples;
  const auto add = [&](const LineResult& result) {
    for (const Sample& sample : result.samples) {
      if (sample.loss.empty()) std::abort();
      samples.push_back(sample);
    }
  };
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    framer.Push(bytes.substr(at, piece));
    while (const auto line = framer.Next()) add(reader.Read(line->text));
  }
  if (const auto line = framer.Finish()) add(reader.Read(line->text, false));
  add(reader.Finish());
  return samples;
}

bool Same(const Sample& a, const Sample& b) {
  return a.loss == b.loss && a.step == b.step && (a.value == b.value || (std::isnan(a.value) && std::isnan(b.value)));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto whole = Read(bytes, size);
  const auto pieces = Read(bytes, data[0] % 31 + 1);
  if (whole.size() != pieces.size()) std::abort();
  for (std::size_t i = 0; i < whole.size(); ++i) {
    if (!Same(whole[i], pieces[i])) std::abort();
  }
  return 0;
}
