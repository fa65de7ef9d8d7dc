// Text for the cells of a terminal.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace lossd::cli {

/// How many cells a text takes, as the locale knows its characters.
std::size_t CellWidth(std::string_view text);
/// The text in exactly `cells` cells: cut with an ellipsis ("~" outside of UTF-8), or filled with blanks, in front
/// where `right`.
std::string InCells(std::string_view text, std::size_t cells, bool right = false);

/// Four digits: "2.31", "0.0021", "3.1e-05", "NaN", "-" for nothing.
std::string ShortText(const std::optional<double>& value, bool with_sign = false);
/// "12s", "4m", "3h05", "2d".
std::string ShortDuration(double seconds);

}  // namespace lossd::cli
