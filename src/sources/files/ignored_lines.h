// The last lines of a log that gave no sample, each with the reason.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "records/ignored.h"

namespace lossd::sources {

/// One of them: the head of the line, any bytes.
struct IgnoredLine {
  records::Ignored reason = records::Ignored::kNone;
  std::string text;
};

/// Bounded in number and length, and without allocation once it is full: a log may hold millions. What is blank is not
/// kept.
class IgnoredLines {
 public:
  static constexpr std::size_t kKept = 3;
  static constexpr std::size_t kMaxBytes = 200;

  void Add(records::Ignored reason, std::string_view text);
  /// The newest last.
  std::vector<IgnoredLine> All() const;

 private:
  std::array<IgnoredLine, kKept> lines_;
  std::size_t next_ = 0;
};

}  // namespace lossd::sources
