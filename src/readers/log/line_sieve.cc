#include "readers/log/line_sieve.h"

#include <array>
#include <cstddef>
#include <cstdint>

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

enum class Kind : std::uint8_t { kOther, kLower, kUpper, kStop };
constexpr std::array<Kind, 256> MakeKinds() {
  std::array<Kind, 256> kinds{};
  for (int c = 'a'; c <= 'z'; ++c) kinds[static_cast<std::size_t>(c)] = Kind::kLower;
  for (int c = 'A'; c <= 'Z'; ++c) kinds[static_cast<std::size_t>(c)] = Kind::kUpper;
  // Objects, and letters outside ASCII.
  kinds['{'] = Kind::kStop;
  for (std::size_t c = 0x80; c < 0x100; ++c) kinds[c] = Kind::kStop;
  return kinds;
}
constexpr std::array<Kind, 256> kKinds = MakeKinds();
constexpr Kind KindOf(char c) { return kKinds[static_cast<unsigned char>(c)]; }

/// Of one word as it stands between other signs: `loss`, `trainLoss`, `closs`. A word of several humps is not taken
/// apart here.
bool IsOfTraining(string_view lower, bool humps) {
  if (humps || lower.ends_with("loss")) return true;
  // "it" and "up" count only beside a loss.
  constexpr std::size_t kShortest = 2;
  if (lower.size() < kShortest || lower == "it" || lower == "up") return false;
  return (records::ClassesOf(lower) & kOfTraining) != 0;
}

/// llm.c's "s:1 trl:11.0", and names of one or two letters that only a record of its own kind has.
bool IsAbbreviation(string_view lower) { return lower == "trl" || lower == "tel" || lower == "obj"; }

}  // namespace

bool MayMatter(string_view line) {
  if (line.empty() ||
      !(text::IsLetter(line[0]) || text::IsDigit(line[0]) || line[0] == '[' || line[0] == ' ' || line[0] == '('))
    return true;
  constexpr int kFewestWords = 2;
  std::array<char, kLongestWord> word{};
  std::size_t length = 0;
  int words = 0;
  bool humps = false;
  for (std::size_t i = 0; i <= line.size(); ++i) {
    const Kind kind = i < line.size() ? KindOf(line[i]) : Kind::kOther;
    if (kind == Kind::kLower || kind == Kind::kUpper) {
      // A capital behind a small letter begins another word.
      humps = humps || (kind == Kind::kUpper && length > 0 && KindOf(line[i - 1]) == Kind::kLower);
      if (length < kLongestWord) word[length] = text::ToLower(line[i]);
      ++length;
      continue;
    }
    if (kind == Kind::kStop) return true;
    if (length == 0) continue;
    const string_view lower(word.data(), length < kLongestWord ? length : kLongestWord);
    if (IsOfTraining(lower, humps) || IsAbbreviation(lower)) return true;
    ++words;
    length = 0;
    humps = false;
  }
  return words < kFewestWords;
}

}  // namespace lossd::readers
