// "Did you mean ...?"
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace lossd::text {

/// The candidate with the smallest edit distance (insertion, deletion, substitution, swap of neighbours) to `name`,
/// where that is at most a third of the name's length (and at least 1 is allowed); the first of equals. Nothing where
/// none is that near.
std::optional<std::string> ClosestName(std::string_view name, std::span<const std::string> candidates);

/// ` (did you mean "X"?)`, or "" where nothing is near.
std::string Suggestion(std::string_view name, std::span<const std::string> candidates);

}  // namespace lossd::text
