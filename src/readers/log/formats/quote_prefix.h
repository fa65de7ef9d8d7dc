// What stands before every line of a log that was quoted, or printed into a report as comments.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace lossd::readers {

/// Takes `> `, `>> `, `| ` off a line, and `## `, `#> `, `# `, `// `, `% ` where the line above begins alike: one
/// comment alone is part of what stands around it.
class QuotePrefix {
 public:
  /// What the marks of a line say of the text behind them.
  enum class Kind : std::uint8_t {
    kNone,
    kQuote,   ///< of a mail, or of output that a report prints: as good as the text itself
    kComment  ///< may be any remark
  };

  struct Line {
    std::string_view text;  ///< without the prefix, where it is taken off
    Kind kind = Kind::kNone;
    /// The line above, without the prefix that has shown only now to be one; empty where there is none.
    std::string_view above;
  };

  /// `number` counts the lines of the log, those too that need no look. The result is valid until the next call.
  Line Unwrap(std::string_view line, std::uint64_t number);

 private:
  std::string prefix_;  ///< of the comments above
  std::string first_;   ///< the first of them, behind its prefix
  std::string above_;
  std::uint64_t number_ = 0;  ///< of the last line with that prefix
};

/// Whether a line may have such a prefix: all others need no second look.
inline bool MayBeQuoted(std::string_view line) {
  const std::size_t begin = line.size() > 1 && line[0] == ' ' ? line.find_first_not_of(' ') : 0;
  if (begin >= line.size()) return false;
  const char c = line[begin];
  return c == '#' || c == '>' || c == '|' || c == '/' || c == '%';
}

}  // namespace lossd::readers
