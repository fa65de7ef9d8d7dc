#include "readers/log/finish_marker.h"

#include <re2/re2.h>

#include <array>
#include <cctype>
#include <cstddef>
#include <string>

namespace lossd::readers {
namespace {

constexpr std::size_t kLongestMarkerLine = 300;
/// Whole phrases, in lower case. What precedes and follows one in its line is checked by Stands.
constexpr std::array<std::string_view, 14> kPhrases = {
    "training completed",    "training complete", "training finished", "training is finished",  "training is complete",
    "training has finished", "training done",     "training is done",  "finished training",     "done training",
    "completed training",    "end of training",   "training ended",    "finished with training"};
/// Words that make a phrase speak of a part of the training, of the future or of a condition.
constexpr std::array<std::string_view, 16> kQualifiers = {"epoch",  "step",  "iteration", "batch", "when", "until",
                                                          "before", "after", "once",      "if",    "not",  "stage",
                                                          "phase",  "fold",  "round",     "%"};

bool IsWord(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; }

bool ContainsWord(std::string_view text, std::string_view word) {
  for (std::size_t at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
    const bool starts = at == 0 || !IsWord(text[at - 1]);
    const std::size_t end = at + word.size();
    const bool ends = end == text.size() || !IsWord(text[end]) || text[end] == 's';
    if (starts && (ends || !IsWord(word.back()))) return true;
  }
  return false;
}

/// What is printed once at the end without speaking of a training that is over.
bool IsClosingLine(std::string_view line) {
  static const RE2 kClosing(
      R"re((?i)^\W*(?:all )?done\W*$|- (?:all )?done[.!]*$|\bepochs completed in \d|\bepoch \d+: early stopping)re"
      R"re(|\bearly stopping(?: triggered| at (?:epoch|step|iteration)|, best iteration|\W*$)|\bearly stopped\b)re"
      R"re(|did not meet early stopping|\b(?:training stopped|stopping|stopped) early\b|\btotal training time\b)re"
      R"re(|^.{0,60}\btraining (?:took|time)\W+\d|\b(?:reached|hit) (?:the )?max(?:imum)?[ _]?(?:steps|epochs|iterations|iters)\b)re"
      R"re(|\bmax_?(?:steps|epochs|iters)\b.{0,9} reached|\bfinal (?:model|checkpoint|weights) (?:was |were )?(?:saved|written))re"
      R"re(|\bsav(?:ed|ing) (?:the )?final (?:model|checkpoint|weights)|^results saved to\b|\bexits successfully\b)re"
      R"re(|\bexiting program (?:after|at) \w+|\b(?:experiment|optimi[sz]ation|(?:fine-?|pre-?)(?:tuning|training)|run)(?: is| has)? (?:complete[d]?|finished|done)\b)re"
      R"re(|\b(?:job|process|command) (?:completed|finished)\b.*\b(?:successfully|0)\b)re");
  return RE2::PartialMatch(re2::StringPiece(line.data(), line.size()), kClosing);
}

}  // namespace

bool IsFinishMarker(std::string_view line) {
  if (line.size() > kLongestMarkerLine) return false;
  if (IsClosingLine(line)) return true;
  // Every other marker holds one of these; almost every line is let go here.
  if (line.find("rain") == std::string_view::npos && line.find("RAIN") == std::string_view::npos) return false;
  if (line.find("`Trainer.fit` stopped:") != std::string_view::npos) return true;
  if (line.find("'train_runtime':") != std::string_view::npos ||
      line.find("\"train_runtime\":") != std::string_view::npos) {
    return true;
  }
  std::string lower(line);
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  for (const std::string_view phrase : kPhrases) {
    if (!ContainsWord(lower, phrase)) continue;
    for (const std::string_view qualifier : kQualifiers) {
      if (ContainsWord(lower, qualifier)) return false;
    }
    return true;
  }
  return false;
}

}  // namespace lossd::readers
