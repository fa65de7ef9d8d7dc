#include "readers/log/line_sieve.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "records/no_loss_words.h"
#include "records/word_classes.h"
#include "records/word_list.h"
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

constexpr std::size_t kLetters = 26;
/// The place in the alphabet, from 0; kLetters of what is no letter.
constexpr auto kPlaces = [] {
  std::array<std::uint8_t, 256> places{};
  for (std::size_t c = 0; c < places.size(); ++c) {
    const bool letter = IsLetter(static_cast<char>(c));
    places[c] = static_cast<std::uint8_t>(letter ? (c | 0x20) - 'a' : kLetters);
  }
  return places;
}();
constexpr std::size_t Place(char c) { return kPlaces[static_cast<unsigned char>(c)]; }
constexpr std::size_t Beginning(char first, char second) { return Place(first) * kLetters + Place(second); }

/// Of each two letters a bit for each third with which a word of training goes on; the last one is for its end.
constexpr auto kThirds = [] {
  std::array<std::uint32_t, kLetters * kLetters> thirds{};
  const auto add = [&](string_view word) {
    if (word.size() < 2 || !IsLetter(word[0]) || !IsLetter(word[1])) return;
    const std::size_t third = word.size() == 2 ? kLetters : Place(word[2]);
    thirds[Beginning(word[0], word[1])] |= 1U << third;
  };
  // "it" and "up" count only beside a loss.
  const auto add_all = [&](const auto& words) {
    for (const auto& [word, classes] : words) {
      if ((classes & kOfTraining) != 0 && word != "it" && word != "up") add(word);
    }
  };
  add_all(records::kMetricWords);
  add_all(records::kNoLossWords);
  for (const string_view word : kAbbreviations) add(word);
  return thirds;
}();

/// What a word is to the sieve.
enum class Word : std::uint8_t { kNone, kOther, kWanted };

/// Of what begins at `at`. What does not begin like a word of training is let go before it is looked up.
Word Judge(string_view line, std::size_t at) {
  // One of a single letter is none: "0m 30s".
  if (at + 1 == line.size() || Place(line[at + 1]) == kLetters) return Word::kNone;
  const std::size_t third = at + 2 == line.size() ? kLetters : Place(line[at + 2]);
  if ((kThirds[Beginning(line[at], line[at + 1])] >> third & 1) == 0) return Word::kOther;
  if (third == kLetters) return Word::kWanted;
  std::array<char, kLongestWord> letters;
  const string_view word = LowerWord(line, at, letters);
  const bool known =
      std::ranges::find(kAbbreviations, word) != kAbbreviations.end() || (records::ClassesOf(word) & kOfTraining) != 0;
  return known ? Word::kWanted : Word::kOther;
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

/// Bytes of a line, in what the machine has for so many at once.
constexpr std::size_t kWidth = 16;
using Bytes = unsigned char __attribute__((vector_size(kWidth)));
using Mask = signed char __attribute__((vector_size(kWidth)));  ///< of each byte all bits, or none
using Halves = std::array<std::uint64_t, 2>;

Bytes Load(const char* from) {
  Bytes bytes;
  std::memcpy(&bytes, from, kWidth);
  return bytes;
}

/// From the byte before `at` on, where there are enough; else in `edge`, with zeros for those that the line lacks.
const char* WithOneBefore(string_view line, std::size_t at, std::array<char, kWidth + 1>& edge) {
  if (at > 0 && at + kWidth <= line.size()) return line.data() + at - 1;
  edge = {};
  const std::size_t begin = at > 0 ? at - 1 : 0;
  const std::size_t offset = at > 0 ? 0 : 1;
  std::memcpy(edge.data() + offset, line.data() + begin, std::min(edge.size() - offset, line.size() - begin));
  return edge.data();
}

Mask Small(Bytes bytes) { return bytes - 'a' < static_cast<unsigned char>(kLetters); }
/// One bit for each byte of a mask, in the order of the line.
std::uint64_t FirstBits(std::uint64_t mask) {
  if constexpr (std::endian::native == std::endian::big) mask = __builtin_bswap64(mask);
  return mask & 0x0101010101010101;
}
bool Any(Mask mask) {
  const auto halves = std::bit_cast<Halves>(mask);
  return (halves[0] | halves[1]) != 0;
}

}  // namespace

// Many bytes at a time, because it is asked of nearly every line of a log that is not a record of its training.
bool MayMatter(string_view line) {
  if (line.empty() ||
      !(text::IsLetter(line[0]) || text::IsDigit(line[0]) || line[0] == '[' || line[0] == ' ' || line[0] == '('))
    return true;
  constexpr int kFewestWords = 2;
  int words = 0;
  Mask not_plain{}, double_s{};
  std::array<char, kWidth + 1> edge;
  for (std::size_t at = 0; at < line.size(); at += kWidth) {
    const char* const from = WithOneBefore(line, at, edge);
    const Bytes before = Load(from), bytes = Load(from + 1);
    const Bytes lower = bytes | 0x20, lower_before = before | 0x20;
    const Mask letters = Small(lower), letters_before = Small(lower_before);
    // Objects, letters outside ASCII, and a capital behind a small letter: `trainLoss`, which is not taken apart here.
    not_plain |= (bytes == '{') | (bytes > 0x7F) | (Small(before) & letters & ~Small(bytes));
    double_s |= (lower == 's') & (lower_before == 's');
    const auto begins = std::bit_cast<Halves>(letters & ~letters_before);
    for (std::size_t half = 0; half < begins.size(); ++half) {
      for (std::uint64_t left = FirstBits(begins[half]); left != 0; left &= left - 1) {
        const Word word = Judge(line, at + 8 * half + static_cast<std::size_t>(std::countr_zero(left)) / 8);
        if (word == Word::kWanted) return true;
        words += word == Word::kOther ? 1 : 0;
      }
    }
  }
  return Any(not_plain) || (Any(double_s) && HasWordEndingInLoss(line)) || words < kFewestWords;
}

}  // namespace lossd::readers
