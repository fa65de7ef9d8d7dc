// Where the words and the numbers of a line begin and end.
#pragma once

#include <cstddef>
#include <string_view>

#include "records/field.h"

namespace lossd::readers {

/// Whether a byte may begin a word.
bool IsNameByte(char c);

/// Where the word that begins at `at` ends: `train/loss`, `D_A`, `valid_0's`, `Ep.` are each one word.
std::size_t WordEnd(std::string_view line, std::size_t at);

/// Whether digits, a sign before them, or a signed `inf` or `nan` begin at `at`.
bool BeginsNumber(std::string_view line, std::size_t at);

/// Takes what stands before the next blank off `text`; empty where nothing is left.
std::string_view TakeToken(std::string_view& text);

bool OnlyBlanks(std::string_view text);

/// The field of a number behind its name and a blank.
records::Field Named(std::string_view name, const text::Number& number, records::Phase phase = records::Phase::kUnsaid);

}  // namespace lossd::readers
