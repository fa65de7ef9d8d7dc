#include "ingest/formats/vocabulary.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>

namespace lossd::ingest {
namespace {

bool IsUpper(char c) { return c >= 'A' && c <= 'Z'; }
bool IsLower(char c) { return c >= 'a' && c <= 'z'; }
bool IsWordByte(char c) {
  return IsUpper(c) || IsLower(c) || (c >= '0' && c <= '9') || static_cast<unsigned char>(c) >= 0x80;
}

/// The words of a name, in lower case.
class Words {
 public:
  explicit Words(std::string_view name) {
    std::size_t i = 0;
    while (i < name.size() && count_ < kMaxWords) {
      if (!IsWordByte(name[i])) {
        ++i;
        continue;
      }
      const std::size_t start = used_;
      while (i < name.size() && IsWordByte(name[i]) && used_ < buffer_.size()) {
        const bool hump = used_ > start && IsUpper(name[i]) && IsLower(name[i - 1]);
        if (hump) break;
        buffer_[used_++] = IsUpper(name[i]) ? static_cast<char>(name[i] | 0x20) : name[i];
        ++i;
      }
      if (used_ == start) break;
      words_[count_++] = std::string_view(buffer_.data() + start, used_ - start);
    }
  }
  std::span<const std::string_view> all() const { return {words_.data(), count_}; }

 private:
  static constexpr std::size_t kMaxWords = 12;
  std::array<char, 96> buffer_{};
  std::array<std::string_view, kMaxWords> words_{};
  std::size_t used_ = 0;
  std::size_t count_ = 0;
};

template <std::size_t N>
bool In(std::string_view word, const std::array<std::string_view, N>& list) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

constexpr std::array<std::string_view, 7> kLossWords = {"loss", "losses",       "xent",   "nll",
                                                        "cost", "crossentropy", "logloss"};
constexpr std::array<std::string_view, 3> kTrainWords = {"train", "training", "learn"};
constexpr std::array<std::string_view, 11> kEvalWords = {
    "val", "valid", "validation", "validate", "eval", "evaluation", "test", "testing", "dev", "heldout", "evaluate"};
constexpr std::array<std::string_view, 34> kNoLossWords = {
    "scale",    "scaler", "scaling",   "coef",      "coeff",    "weight", "weights", "fn",   "func",
    "function", "type",   "threshold", "watchdog",  "patience", "mask",   "time",    "ms",   "sec",
    "count",    "num",    "packet",    "reduction", "name",     "dir",    "path",    "file", "interval",
    "stop",     "best",   "delta",     "ratio",     "factor",   "min",    "max"};
constexpr std::array<std::string_view, 12> kTotalWords = {"total", "avg",   "average", "mean",    "global", "batch",
                                                          "step",  "epoch", "running", "current", "lm",     "final"};

}  // namespace

Phase PhaseOf(std::string_view word) {
  const Words words(word);
  for (const std::string_view w : words.all()) {
    if (In(w, kEvalWords)) return Phase::kEval;
    if (In(w, kTrainWords)) return Phase::kTrain;
  }
  return Phase::kUnsaid;
}

Meaning MeaningOf(std::string_view name) {
  const Words split(name);
  const auto words = split.all();
  if (words.empty()) return {};
  const auto has = [&](std::string_view w) { return std::find(words.begin(), words.end(), w) != words.end(); };
  Meaning meaning;
  bool loss = false;
  bool excluded = false;
  std::size_t unexplained = 0;
  for (const std::string_view w : words) {
    if (In(w, kLossWords)) {
      loss = true;
    } else if (In(w, kNoLossWords)) {
      excluded = true;
    } else if (In(w, kEvalWords)) {
      meaning.phase = Phase::kEval;
    } else if (In(w, kTrainWords)) {
      if (meaning.phase == Phase::kUnsaid) meaning.phase = Phase::kTrain;
    } else if (!In(w, kTotalWords)) {
      ++unexplained;
    }
  }
  if (loss && !excluded) {
    meaning.role = Role::kLoss;
    meaning.main = unexplained == 0;
    meaning.rank = static_cast<std::uint8_t>(has("total") ? 2 : 1);
    return meaning;
  }
  const std::string_view last = words.back();
  if (last == "step" || last == "steps" || last == "iter" || last == "iteration" || last == "iters" || last == "it") {
    if (words.size() <= 2)
      return {Role::kStep, meaning.phase, false, static_cast<std::uint8_t>(words.size() == 1 ? 2 : 3)};
    return {};
  }
  if (last == "epoch" && words.size() <= 2) return {Role::kEpoch, meaning.phase, false, 1};
  if (last == "lr" || (words.size() >= 2 && last == "rate" && words[words.size() - 2] == "learning")) {
    return {Role::kLearningRate, meaning.phase, false, 1};
  }
  if ((has("grad") || has("gradient")) && has("norm")) return {Role::kGradientNorm, meaning.phase, false, 1};
  if (last == "norm" && words.size() == 1) return {Role::kGradientNorm, meaning.phase, false, 0};
  return {};
}

}  // namespace lossd::ingest
