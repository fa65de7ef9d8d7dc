// Patterns from the configuration.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/sample.h"
#include "records/reader_options.h"

namespace lossd::readers {

/// The user's own patterns, tried in order.
class UserPatterns {
 public:
  /// Patterns that RE2 does not take are left out: CheckSource reports them.
  explicit UserPatterns(const std::vector<records::PatternOptions>& patterns);
  ~UserPatterns();
  UserPatterns(UserPatterns&&) noexcept;
  UserPatterns& operator=(UserPatterns&&) noexcept;

  bool empty() const { return compiled_.empty(); }

  enum class Result { kNoMatch, kUnparsable, kSample };
  /// Fills `sample` and `labels` from the first pattern that matches.
  Result Match(std::string_view line, core::Sample& sample, core::Labels& labels);

 private:
  struct Compiled;
  std::vector<Compiled> compiled_;
};

}  // namespace lossd::readers
