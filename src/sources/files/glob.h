// File name patterns: *, ?, [..] within a name, ** over any number of directories.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lossd::sources {

/// A pattern cut at its slashes. As in the shell, * and ? leave names that start with a dot alone, unless the pattern
/// says the dot.
class Glob {
 public:
  explicit Glob(std::string_view pattern);

  /// Of the whole path, which is compared as written: "./a" is not "a".
  bool Matches(std::string_view path) const;

  /// Without any of * ? [: a path.
  bool literal() const { return literal_; }
  bool absolute() const { return absolute_; }
  /// The names between the slashes.
  const std::vector<std::string>& segments() const { return segments_; }

 private:
  std::vector<std::string> segments_;
  bool literal_ = true;
  bool absolute_ = false;
};

/// Whether a name without slashes matches one segment of a pattern.
bool MatchesSegment(const std::string& segment, const std::string& name);
bool HasWildcard(std::string_view segment);

/// What is wrong with a pattern (empty, a [ without its ]), or nothing.
std::optional<std::string> CheckGlob(std::string_view pattern);

}  // namespace lossd::sources
