// What stands around a number, and changes what it is.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "text/number.h"

namespace lossd::readers {

/// Where the blanks that begin at `at` end.
std::size_t SkipBlanks(std::string_view line, std::size_t at);

/// Length of a sign outside ASCII that separates: box drawing, blocks, arrows, full-width punctuation, emoji; 0 where
/// there is none.
std::size_t WideSeparator(std::string_view line, std::size_t at);
bool IsFullWidthColon(std::string_view line, std::size_t at);
bool IsArrow(std::string_view line, std::size_t at);
/// The blank at which no line is broken, as a browser leaves it in what was copied from it.
bool IsHardBlank(std::string_view line, std::size_t at);

/// A record of another logger glued to the number, as where a bar has no newline: `0.6060I0128 13:08:30.56 ...`.
bool IsGluedLogPrefix(std::string_view line, std::size_t at);

/// In `10/ 100`, of which the first number ends at `end`: where the total begins, if a slash follows.
std::size_t TotalBegin(std::string_view line, std::size_t end);
/// ... and where it ends; 0 where no total follows; npos where it is a date or a path.
std::size_t TotalEnd(std::string_view line, std::size_t end);

/// `60-69`.
struct NumberRange {
  text::Number last;
  std::size_t end = 0;  ///< where in the line it ends
};
/// The range of whole numbers that begins at `at`; nothing where it is a date or the like. `padded`: blanks may stand
/// behind the dash, as in "Minibatch[   1-  10]".
std::optional<NumberRange> ScanRange(std::string_view line, std::size_t at, bool padded);

/// Whether nothing but one number that is not written as an integer, and blanks, stands from `at` to the line's end.
bool IsLastFraction(std::string_view line, std::size_t at);
/// At the bar before a cell: whether it holds a number and is the last of its row.
bool IsLastCell(std::string_view line, std::size_t bar);

/// Whether `word`, which ends at `end`, is a call around a number: `tensor(0.5, ...)`, `np.float32(0.5)`.
bool IsWrapper(std::string_view line, std::string_view word, std::size_t end);

/// Of a short parenthesis that opens at `open` what is in it, where that is words alone; "" elsewhere.
std::string_view WordInParentheses(std::string_view line, std::size_t open);

/// Whether a unit of time stands behind the number that ends at `end`, and no more to it: "12.5 seconds", "3 min,".
bool IsTimeUnit(std::string_view line, std::size_t end);

/// Whether a time of day follows, so that what stands before it is a date.
bool IsTime(std::string_view line, std::size_t at);

/// Whether a bar's times or its drawing follow: `17/41 [01:18<01:51`, `39/917 [>....`, `1719/1719 ━━━`.
bool IsBar(std::string_view line, std::size_t at);

/// Where a date, a version or an address ends that begins at `at`.
std::size_t JunkEnd(std::string_view line, std::size_t at);

/// Behind a value that ends at `at`: where `(7.19)`, `( 10%)`, `(-1.60z)` or `(33)` ends; `at` where none follows.
std::size_t AverageEnd(std::string_view line, std::size_t at);

/// `1.2k`, `86K`, `3M`: the factor of a count, whose letter stands at `at`; 0 where there is none.
double ScaleOfCount(std::string_view line, std::size_t at);

/// "1: 0.5", "1 = 0.5": whether the value of something follows on the count that ends at `end`.
bool LeadsToValue(std::string_view line, std::size_t end);

/// Whether the number that begins at `at` holds a comma, or one with digits behind it follows: `0,69`, `1,234`.
bool HasComma(std::string_view line, std::size_t at, const text::Number& number);
/// That number, its comma a decimal one; or as it was, where the comma groups thousands. Nothing where it cannot be
/// told from a list.
std::optional<text::Number> ScanDecimalComma(std::string_view line, std::size_t at, const text::Number& number);

/// `-0.5 + -0.1 = -0.6 over ...`, of which the first number ends at `end`: makes the sum the value, and moves `end`
/// behind it.
void SumUp(std::string_view line, text::Number& value, std::size_t& end);

}  // namespace lossd::readers
