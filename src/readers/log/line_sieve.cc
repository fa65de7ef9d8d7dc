#include "readers/log/line_sieve.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "records/word_classes.h"
#include "text/characters.h"

namespace lossd::readers {
namespace {

using std::string_view;

/// What a record, a header, an announcement or a section has at least one word of.
constexpr records::WordClasses kOfTraining =
    records::kTrainWord | records::kValidationWord | records::kTestWord | records::kLossNoun | records::kLossSynonym |
    records::kProxyWord | records::kSmoothingWord | records::kStepNoun | records::kIterationNoun | records::kBatchNoun |
    records::kEpochNoun | records::kRateWord | records::kGradientWord;

constexpr std::size_t kLongestWord = 15;

/// llm.c's "s:1 trl:11.0", and names of a few letters that only a record of its own kind has.
constexpr std::array kAbbreviations = {string_view("trl"), string_view("tel"), string_view("obj")};

constexpr char Lower(char letter) { return static_cast<char>(letter | 0x20); }
constexpr bool IsLetter(char c) { return text::IsLetter(c); }

/// The word that begins at `at`, in small letters, cut off behind the longest that is known.
string_view LowerWord(string_view line, std::size_t at, std::array<char, kLongestWord>& lower) {
  std::size_t length = 0;
  for (; length < lower.size() && at + length < line.size() && IsLetter(line[at + length]); ++length)
    lower[length] = Lower(line[at + length]);
  return {lower.data(), length};
}

constexpr std::size_t Beginning(std::size_t first, std::size_t second) { return first * records::kLetters + second; }
/// Of each two letters whether an abbreviation begins with them.
constexpr auto kAbbreviated = [] {
  std::array<bool, Beginning(records::kLetters, 0)> begins{};
  for (const string_view word : kAbbreviations)
    begins[Beginning(static_cast<std::size_t>(word[0] - 'a'), static_cast<std::size_t>(word[1] - 'a'))] = true;
  return begins;
}();

/// Of the word that begins at `at`. What does not begin like a word of training is let go before it is looked up.
bool IsOfTraining(string_view line, std::size_t at) {
  const auto place = [&](std::size_t i) { return static_cast<std::size_t>(Lower(line[i]) - 'a'); };
  // One of a single letter is none.
  if (at + 1 == line.size() || place(at + 1) >= records::kLetters) return false;
  const std::size_t first = place(at), second = place(at + 1);
  if ((records::ClassesOfBeginning(first, second) & kOfTraining) == 0 && !kAbbreviated[Beginning(first, second)])
    return false;
  std::array<char, kLongestWord> letters;
  const string_view word = LowerWord(line, at, letters);
  // "it" and "up" count only beside a loss.
  if (word == "it" || word == "up") return false;
  return std::ranges::find(kAbbreviations, word) != kAbbreviations.end() ||
         (records::ClassesOf(word) & kOfTraining) != 0;
}

/// A word as it stands between other signs: `loss`, `closs`.
bool HasWordEndingInLoss(string_view line) {
  std::array<char, kLongestWord> letters;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (!IsLetter(line[i])) continue;
    if (LowerWord(line, i, letters).ends_with("loss")) return true;
    while (i < line.size() && IsLetter(line[i])) ++i;
  }
  return false;
}

/// Eight bytes of a line, the first in the lowest place; those that lie behind its end are zero.
using Eight = std::uint64_t;
constexpr std::size_t kEight = sizeof(Eight);
constexpr Eight kOfEach = 0x0101010101010101, kHighBits = kOfEach * 0x80;

Eight Load(string_view line, std::size_t at) {
  Eight bytes = 0;
  if (line.size() - at < kEight) {
    for (std::size_t i = 0; at + i < line.size(); ++i)
      bytes |= Eight{static_cast<unsigned char>(line[at + i])} << (8 * i);
    return bytes;
  }
  std::memcpy(&bytes, line.data() + at, kEight);
  if constexpr (std::endian::native == std::endian::big) bytes = __builtin_bswap64(bytes);
  return bytes;
}

/// The high bit of each byte that is a letter of ASCII. None of the bytes may be above 0x7F.
Eight Letters(Eight bytes) {
  const Eight lower = bytes | (kOfEach * 0x20);
  return (lower + kOfEach * (0x80 - 'a')) & ~(lower + kOfEach * (0x7F - 'z')) & kHighBits;
}

/// The high bit of each zero, and maybe of bytes above one: none where there is none.
Eight Zeros(Eight bytes) { return (bytes - kOfEach) & ~bytes & kHighBits; }

}  // namespace

// Eight bytes at a time, because it is asked of nearly every line of a log that is not a record of its training.
bool MayMatter(string_view line) {
  if (line.empty() ||
      !(text::IsLetter(line[0]) || text::IsDigit(line[0]) || line[0] == '[' || line[0] == ' ' || line[0] == '('))
    return true;
  constexpr int kFewestWords = 2;
  int words = 0;
  bool double_s = false;
  // Of the byte before the eight at hand.
  Eight letter_before = 0, lower_before = 0, s_before = 0;
  for (std::size_t at = 0; at < line.size(); at += kEight) {
    const Eight bytes = Load(line, at);
    // Objects, and letters outside ASCII.
    if ((bytes & kHighBits) != 0 || Zeros(bytes ^ (kOfEach * '{')) != 0) return true;
    const Eight letters = Letters(bytes), lower = letters & (bytes << 2);
    // A capital behind a small letter: `trainLoss`, which is not taken apart here.
    if (((lower << 8 | lower_before) & letters & ~lower) != 0) return true;
    const Eight s = Zeros((bytes | (kOfEach * 0x20)) ^ (kOfEach * 's'));
    double_s = double_s || ((s << 8 | s_before) & s) != 0;
    for (Eight begins = letters & ~(letters << 8 | letter_before); begins != 0; begins &= begins - 1) {
      const std::size_t begin = at + static_cast<std::size_t>(std::countr_zero(begins)) / 8;
      if (IsOfTraining(line, begin)) return true;
      if (begin + 1 < line.size() && IsLetter(line[begin + 1])) ++words;  // "0m 30s" are none
    }
    letter_before = letters >> 56;
    lower_before = lower >> 56;
    s_before = s >> 56;
  }
  return (double_s && HasWordEndingInLoss(line)) || words < kFewestWords;
}

}  // namespace lossd::readers
