#include "sources/files/ignored_lines.h"

namespace lossd::sources {

void IgnoredLines::Add(records::Ignored reason, std::string_view text) {
  if (reason == records::Ignored::kBlank || text.empty()) return;
  IgnoredLine& line = lines_[next_];
  line.reason = reason;
  line.text.assign(text.substr(0, kMaxBytes));
  next_ = (next_ + 1) % kKept;
}

std::vector<IgnoredLine> IgnoredLines::All() const {
  std::vector<IgnoredLine> all;
  for (std::size_t i = 0; i < kKept; ++i) {
    const IgnoredLine& line = lines_[(next_ + i) % kKept];
    if (line.reason != records::Ignored::kNone) all.push_back(line);
  }
  return all;
}

}  // namespace lossd::sources
