// What stands before a record in its line.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace lossd::records {

/// Whether nothing but prefixes stands before `at`.
bool IsHeadOfLine(std::string_view line, std::size_t at);

/// The same, but for words that lead up to an epoch: "Training at epoch 4 (total 4)", "Going into epoch 2".
bool IsLedUpTo(std::string_view line, std::size_t at);

/// Equal for lines of the same statement of a program. Months and levels of a logger count, clock times, other numbers
/// and what bars are drawn with do not.
std::uint64_t HashOfLetters(std::string_view line);

}  // namespace lossd::records
