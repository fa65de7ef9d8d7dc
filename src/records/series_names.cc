#include "records/series_names.h"

#include <algorithm>
#include <cctype>

#include "core/sample.h"
#include "text/words.h"

namespace lossd::records {
namespace {

using text::Words;

constexpr std::string_view kEvaluationWords[] = {"eval", "val", "valid", "validation", "test", "dev"};
// Words that say where or how often, not what.
constexpr std::string_view kNeutral[] = {"train", "training", "loss",      "losses", "step",      "epoch",
                                         "batch", "iter",     "iteration", "main",   "objective", "model",
                                         "per",   "vs",       "samples",   "tokens"};
constexpr std::string_view kWhole[] = {"total", "overall", "sum", "lm", "nll", "ce", "xent", "mlm", "all", "final"};
constexpr std::string_view kAdversarial[] = {"gan",  "adv",       "adversarial", "disc", "discriminator",
                                             "gen",  "generator", "d",           "g",    "fake",
                                             "real", "cyc",       "cycle",       "idt",  "wgan"};
constexpr std::string_view kPolicy[] = {"policy", "actor",     "critic",    "value", "entropy", "kl",
                                        "pg",     "ppo",       "rl",        "td",    "q",       "qf",
                                        "vf",     "surrogate", "advantage", "grpo",  "dqn"};
constexpr std::string_view kAverage[] = {"avg", "average", "smooth", "smoothed", "ema", "running", "moving", "tot"};
constexpr std::string_view kReward[] = {"reward", "rewards", "return",    "returns", "score", "accuracy", "acc", "auc",
                                        "f1",     "bleu",    "precision", "recall",  "map",   "miou",     "psnr"};

template <std::size_t n>
bool Among(std::string_view word, const std::string_view (&list)[n]) {
  return std::ranges::find(list, word) != std::end(list);
}

template <std::size_t n>
bool HasAny(const Words& words, const std::string_view (&list)[n]) {
  return std::any_of(words.begin(), words.end(), [&](std::string_view word) { return Among(word, list); });
}

bool IsNumber(std::string_view word) {
  return std::all_of(word.begin(), word.end(), [](unsigned char c) { return std::isdigit(c) != 0; });
}

/// How many bytes of the name its first word takes, with what joins it to the rest.
std::size_t FirstWordBytes(std::string_view name, std::size_t letters) {
  std::size_t end = letters;
  while (end < name.size() && (name[end] == '_' || name[end] == '/' || name[end] == ' ' || name[end] == '.' ||
                               name[end] == '-' || name[end] == ':'))
    ++end;
  return end;
}

}  // namespace

core::Role RoleOf(std::string_view series) {
  const Words words(series);
  const bool loss = words.Has("loss") || words.Has("losses");
  if (!loss && HasAny(words, kReward)) return core::Role::kReward;
  if (words.Has("cross") && words.Has("entropy")) return core::Role::kWhole;
  if (HasAny(words, kAdversarial)) return core::Role::kAdversarial;
  if (HasAny(words, kPolicy)) return core::Role::kPolicy;
  if (HasAny(words, kAverage)) return core::Role::kAverage;
  std::size_t telling = 0;
  bool whole = false;
  for (const std::string_view word : words) {
    if (Among(word, kWhole)) whole = true;
    if (!Among(word, kNeutral) && !Among(word, kEvaluationWords) && !Among(word, kWhole)) ++telling;
    // A numbered loss is one of several.
    if (IsNumber(word)) whole = false;
  }
  return telling == 0 || whole ? core::Role::kWhole : core::Role::kPart;
}

bool IsEvaluation(std::string_view series) {
  const Words words(series);
  return !words.empty() && Among(words[0], kEvaluationWords);
}

std::vector<std::string> TrainingCounterparts(std::string_view series) {
  const Words words(series);
  if (words.empty() || !Among(words[0], kEvaluationWords)) return {};
  const std::size_t first = FirstWordBytes(series, words[0].size());
  const std::string_view joint = series.substr(words[0].size(), first - words[0].size());
  const std::string rest(series.substr(first));
  std::vector<std::string> names;
  if (!rest.empty()) {
    for (const std::string_view training : {"train", "training"}) {
      names.push_back(std::string(training).append(joint).append(rest));
    }
    if (rest != "loss") names.push_back(rest);
  }
  names.emplace_back(core::kTrainSeries);
  return names;
}

}  // namespace lossd::records
