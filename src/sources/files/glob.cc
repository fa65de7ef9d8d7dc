#include "sources/files/glob.h"

#include <fnmatch.h>

#include <cstddef>
#include <span>

namespace lossd::sources {
namespace {

std::vector<std::string> Split(std::string_view path) {
  std::vector<std::string> names;
  while (!path.empty()) {
    const std::size_t slash = path.find('/');
    if (slash != 0) names.emplace_back(path.substr(0, slash));
    if (slash == std::string_view::npos) break;
    path.remove_prefix(slash + 1);
  }
  return names;
}

bool MatchesNames(std::span<const std::string> pattern, std::span<const std::string> names) {
  if (pattern.empty()) return names.empty();
  if (pattern.front() == "**") {
    const auto rest = pattern.subspan(1);
    for (std::size_t skipped = 0; skipped <= names.size(); ++skipped) {
      if (MatchesNames(rest, names.subspan(skipped))) return true;
      if (skipped < names.size() && names[skipped].starts_with('.')) return false;
    }
    return false;
  }
  return !names.empty() && MatchesSegment(pattern.front(), names.front()) &&
         MatchesNames(pattern.subspan(1), names.subspan(1));
}

}  // namespace

Glob::Glob(std::string_view pattern) : literal_(!HasWildcard(pattern)), absolute_(pattern.starts_with('/')) {
  for (std::string& segment : Split(pattern)) {
    // "**/**" says no more than "**", and would be searched exponentially often.
    if (segment == "**" && !segments_.empty() && segments_.back() == "**") continue;
    segments_.push_back(std::move(segment));
  }
}

bool Glob::Matches(std::string_view path) const {
  return absolute_ == path.starts_with('/') && MatchesNames(segments_, Split(path));
}

bool MatchesSegment(const std::string& segment, const std::string& name) {
  // In a pattern a backslash escapes, in a path it is a character like any other.
  if (!HasWildcard(segment)) return segment == name;
  return fnmatch(segment.c_str(), name.c_str(), FNM_PERIOD) == 0;
}

bool HasWildcard(std::string_view segment) { return segment.find_first_of("*?[") != std::string_view::npos; }

std::optional<std::string> CheckGlob(std::string_view pattern) {
  if (pattern.empty()) return "an empty path";
  for (std::size_t at = pattern.find('['); at != std::string_view::npos; at = pattern.find('[', at + 1)) {
    // The first character behind [ (or [!) is a member even where it is a ].
    std::size_t first = at + 1;
    if (first < pattern.size() && (pattern[first] == '!' || pattern[first] == '^')) ++first;
    const std::size_t close = first < pattern.size() ? pattern.find(']', first + 1) : std::string_view::npos;
    const std::size_t slash = pattern.find('/', at);
    if (close == std::string_view::npos || slash < close) return "a [ without its ]";
    at = close;
  }
  return std::nullopt;
}

}  // namespace lossd::sources
