// Where the words and the numbers of a line begin and end.
#pragma once

#include <cstddef>
#include <string_view>

namespace lossd::readers {

/// Whether a byte may begin a word.
bool IsNameByte(char c);

/// Where the word that begins at `at` ends: `train/loss`, `D_A`, `valid_0's`, `Ep.` are each one word.
std::size_t WordEnd(std::string_view line, std::size_t at);

/// Whether digits, a sign before them, or a signed `inf` or `nan` begin at `at`.
bool BeginsNumber(std::string_view line, std::size_t at);

}  // namespace lossd::readers
