#include "sources/files/no_sample_reasons.h"

#include <algorithm>
#include <array>
#include <utility>

namespace lossd::sources {

std::vector<std::string> NoSampleReasons(const LineCounts& counts) {
  using records::Ignored;
  if (!counts.nature.empty()) return {std::string(counts.nature)};
  const std::uint64_t lines = std::max<std::uint64_t>(counts.lines(), 1);
  const auto share = [&](Ignored reason) {
    const auto found = counts.ignored.find(reason);
    return found == counts.ignored.end() ? 0.0 : static_cast<double>(found->second) / static_cast<double>(lines);
  };
  // Each with how likely it is; where nothing speaks for one of them, the order in which they are met.
  std::array<std::pair<double, const char*>, 5> reasons = {{
      {share(Ignored::kTooLong) + 0.01, "its lines are longer than follow.max_line_size"},
      {share(Ignored::kUnparsable) + 0.02, "its patterns or numbers cannot be read (lossd explain shows each line)"},
      {0.3, "the loss has a name of its own: set keys or patterns for the file"},
      {0.2, "the loss goes elsewhere (another file, standard error, a tracker) and this is no training log"},
      {0.1, "training has not begun, or its output waits in a buffer (python3 -u)"},
  }};
  std::ranges::stable_sort(reasons, std::ranges::greater(), &std::pair<double, const char*>::first);
  return {reasons[0].second, reasons[1].second, reasons[2].second};
}

std::string Joined(const std::vector<std::string>& reasons) {
  std::string sentence;
  for (const std::string& reason : reasons) sentence += (sentence.empty() ? "" : "; or ") + reason;
  return sentence;
}

}  // namespace lossd::sources
