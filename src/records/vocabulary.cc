#include "records/vocabulary.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "records/word_classes.h"
#include "text/characters.h"
#include "text/words.h"

namespace lossd::records {
namespace {

using std::string_view;

bool In(string_view word, WordClasses classes) { return (ClassesOf(word) & classes) != 0; }
// Inlined, so that the lengths of the words are constants.
template <typename Text, typename... Word>
[[gnu::always_inline]] inline bool Is(Text word, Word... words) {
  return ((word == words) || ...);
}

/// The words that make up a loss's name, sorted out.
struct LossWords {
  int nouns = 0, synonyms = 0, proxies = 0, totals = 0, smoothing = 0, criteria = 0, unknown = 0;
  bool excluded = false;
  Phase phase = Phase::kUnsaid;
};

Phase PhaseOfClasses(WordClasses classes) {
  if ((classes & kTrainWord) != 0) return Phase::kTrain;
  if ((classes & kValidationWord) != 0) return Phase::kValidation;
  return (classes & kTestWord) != 0 ? Phase::kTest : Phase::kUnsaid;
}

/// "cv-train-logloss": cross-validation is the procedure, and what stands behind it the phase.
bool IsProcedure(string_view word, const text::Words& words) {
  return word == "cv" && std::any_of(words.begin(), words.end(), [](string_view other) {
           return other != "cv" && PhaseOfClasses(ClassesOf(other)) != Phase::kUnsaid;
         });
}

LossWords SortOut(const text::Words& words) {
  LossWords sorted;
  const bool cross_entropy = words.Has("cross") && words.Has("entropy");
  const bool language_model = words.Has("language") && words.Has("model");
  const bool likelihood =
      (words.Has("likelihood") || words.Has("loglikelihood")) && (words.Has("negative") || words.Has("neg"));
  bool behind_noun = false;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const string_view word = words[i];
    const WordClasses classes = ClassesOf(word);
    const Phase phase = PhaseOfClasses(classes);
    // "loss value" is the loss; "value loss", "value function loss" and "loss/value_avg" are of a value network.
    if (word == "value" && (i + 1 != words.size() || !behind_noun)) ++sorted.unknown;
    behind_noun = (classes & kLossNoun) != 0;
    if (phase != Phase::kUnsaid) {
      if (IsProcedure(word, words)) continue;
      if (sorted.phase == Phase::kUnsaid || sorted.phase == Phase::kTrain) sorted.phase = phase;
    } else if (behind_noun) {
      ++sorted.nouns;
    } else if ((classes & kProxyWord) != 0) {
      ++sorted.proxies;
    } else if ((classes & kNotALossWord) != 0) {
      sorted.excluded = true;
    } else if ((classes & kTotalWord) != 0) {
      ++sorted.totals;
    } else if ((classes & kSmoothingWord) != 0) {
      ++sorted.smoothing;
    } else if ((classes & kLossSynonym) != 0) {
      ++sorted.synonyms;
    } else if ((classes & kCriterionWord) != 0 || (cross_entropy && Is(word, "cross", "entropy"))) {
      ++sorted.criteria;
    } else if (likelihood && Is(word, "likelihood", "loglikelihood")) {
      ++sorted.synonyms;
    } else if (likelihood && Is(word, "negative", "neg")) {
      continue;
    } else if (word == "model" && words.size() == 2 && !language_model) {
      ++sorted.criteria;  // "Model loss"; beside others that of one model of several
    } else if ((classes & kNeutralWord) == 0 && !(language_model && word == "model")) {
      ++sorted.unknown;
    }
  }
  return sorted;
}

Meaning Loss(LossKind kind, Phase phase) { return {Role::kLoss, phase, kind, 0}; }

/// llm.c's main.log: `s:1 trl:11.0097`, `s:0 tel:11.0087`; PyTorch Lightning modules: `v_loss`.
Meaning AbbreviatedLoss(const text::Words& words) {
  const string_view first = words[0];
  if (words.size() == 1) {
    // "loss2", "loss2u": one of several.
    constexpr std::size_t kStem = 4, kMostBehind = 3;
    if (first.size() > kStem && first.size() <= kStem + kMostBehind && first.starts_with("loss") &&
        text::IsDigit(first[kStem]) && first != "loss1")
      return Loss(LossKind::kComponent, Phase::kUnsaid);
    if (Is(first, "trl", "tloss", "trainloss")) return Loss(LossKind::kPlain, Phase::kTrain);
    if (Is(first, "tel", "vloss", "valloss", "testloss", "evalloss")) return Loss(LossKind::kPlain, Phase::kValidation);
    if (Is(first, "lossvalue", "lossval")) return Loss(LossKind::kPlain, Phase::kUnsaid);
    if (Is(first, "totalloss", "totloss")) return Loss(LossKind::kTotal, Phase::kUnsaid);
    if (Is(first, "avgloss", "meanloss")) return Loss(LossKind::kSmoothed, Phase::kUnsaid);
    // "closs", "mloss": one letter says whose loss it is; "gloss" is a word, and a GAN's besides.
    constexpr std::size_t kOneLetterMore = 5;
    if (first.size() == kOneLetterMore && first.ends_with("loss") && !Is(first[0], 'g', 'f', 'd')) {
      return Loss(LossKind::kCriterion, Phase::kUnsaid);
    }
  } else if (words.size() == 2 && Is(words[1], "loss", "logloss")) {
    if (Is(first, "v", "vl", "va")) return Loss(LossKind::kPlain, Phase::kValidation);
    if (Is(first, "t")) return Loss(LossKind::kPlain, Phase::kTrain);
  } else if (words.size() == 2 && first == "l" && PhaseOfClasses(ClassesOf(words[1])) != Phase::kUnsaid) {
    return Loss(LossKind::kPlain, PhaseOfClasses(ClassesOf(words[1])));  // "L_train"
  }
  return {};
}

Meaning LossMeaning(const text::Words& words) {
  if (const Meaning abbreviated = AbbreviatedLoss(words); abbreviated.role == Role::kLoss) return abbreviated;
  const LossWords sorted = SortOut(words);
  if (sorted.excluded) return {};
  if (sorted.proxies != 0 && sorted.nouns == 0) {
    return sorted.phase != Phase::kUnsaid && sorted.unknown == 0 ? Loss(LossKind::kProxy, sorted.phase) : Meaning{};
  }
  const bool entropy = words.Has("cross") && words.Has("entropy");
  if (sorted.nouns == 0 && sorted.synonyms == 0 && !entropy && !words.Has("crossentropy")) return {};
  if (words.Has("objective") && sorted.nouns == 0 && !words.Has("function") &&
      (sorted.phase == Phase::kUnsaid || sorted.unknown > 0)) {
    return {};
  }
  // "batch_cost" is a time.
  if (sorted.nouns == 0 && (words.Has("cost") || words.Has("costs")) && (words.Has("batch") || words.Has("step")))
    return {};
  if (sorted.nouns == 0 && sorted.unknown > 0 && !words.Has("objective") && !words.Has("xent")) return {};
  if (sorted.unknown > 0) return Loss(LossKind::kComponent, sorted.phase);
  // "nll_loss" beside "loss" is another loss; "xent" alone is the loss.
  const int criteria = sorted.criteria + (sorted.nouns > 0 ? sorted.synonyms : 0);
  LossKind kind = LossKind::kPlain;
  if (criteria > 0) {
    kind = LossKind::kCriterion;
  } else if (sorted.smoothing > 0) {
    kind = LossKind::kSmoothed;
  } else if (sorted.totals > 0) {
    kind = LossKind::kTotal;
  }
  return Loss(kind, sorted.phase);
}

Meaning StepMeaning(const text::Words& words) {
  const string_view last = words.last();
  const bool numbered = words.size() > 1 && In(last, kCountEnding);
  const string_view noun = numbered ? words[words.size() - 2] : last;
  std::uint8_t rank = 0;
  if (In(noun, kStepNoun)) {
    rank = kStepNumber;
  } else if (In(noun, kIterationNoun)) {
    rank = kIterationNumber;
  } else if (In(noun, kBatchNoun)) {
    rank = kBatchNumber;
  } else {
    return {};
  }
  Phase phase = Phase::kUnsaid;
  for (const string_view word : words) {
    if (word == noun) continue;
    if (PhaseOf(word) != Phase::kUnsaid) phase = PhaseOf(word);
    if (word == "global" || (word == "total" && Is(noun, "timesteps", "updates", "step", "iter", "iteration")) ||
        (word == "num" && noun == "updates")) {
      rank = kGlobalStep;
    } else if ((word == "time" && noun == "timesteps") || (word == "example" && noun == "counter")) {
      continue;
    } else if (word == "num" && !numbered) {
      return {};
    } else if (In(word, kStepNoun) || (word == "max" && words.Has("global"))) {
      continue;  // `global_step/max_steps`: a fraction under the name of both its parts
    } else if (!In(word, kCountWord)) {
      return {};
    }
  }
  return {Role::kStep, phase, LossKind::kComponent, rank};
}

}  // namespace

Phase PhaseOf(string_view word) {
  constexpr std::size_t kLongest = 12;
  std::array<char, kLongest> lower{};
  if (word.empty() || word.size() > kLongest) return Phase::kUnsaid;
  for (std::size_t i = 0; i < word.size() && i < kLongest; ++i) lower[i] = text::ToLower(word[i]);
  return PhaseOfClasses(ClassesOf({lower.data(), word.size()}));
}

bool IsPhaseOnly(string_view name) {
  const text::Words words(name);
  return !words.empty() &&
         std::all_of(words.begin(), words.end(), [](string_view word) { return PhaseOf(word) != Phase::kUnsaid; });
}

Meaning MeaningOf(string_view name) {
  if (name.empty()) return {};
  const text::Words words(name);
  if (words.empty())
    return name == "#" ? Meaning{Role::kStep, Phase::kUnsaid, LossKind::kComponent, kStepNumber} : Meaning{};
  if (const Meaning loss = LossMeaning(words); loss.role == Role::kLoss) return loss;
  const string_view last = words.last();
  if (name == "s" || name == "MB")
    return name == "s" ? Meaning{Role::kStep, Phase::kUnsaid, LossKind::kComponent, kLeadingNumber} : Meaning{};
  if (const Meaning step = StepMeaning(words); step.role == Role::kStep) return step;
  if (name == "Epoch Step") return {Role::kStep, Phase::kUnsaid, LossKind::kComponent, kStepNumber};
  if (In(last, kEpochNoun) || (words.size() == 2 && In(words[0], kEpochNoun) && In(last, kCountEnding)) ||
      name == "E") {
    for (const string_view word : words) {
      const bool leads =
          Is(word, "starting", "started", "begin", "beginning", "running", "entering", "new", "executing");
      if (word != last && !leads && !In(word, kEpochNoun | kCountWord)) return {};
    }
    // "ep:13 epch:0.65": the short one may be episodes.
    const bool short_name = Is(last, "ep", "e");
    return {Role::kEpoch, Phase::kUnsaid, LossKind::kComponent, short_name ? kShortEpochName : kEpochName};
  }
  if (words.size() == 2 && words[0] == "l" && words[1] == "r")
    return {Role::kLearningRate, Phase::kUnsaid, LossKind::kComponent, 0};
  const bool rate = words.size() >= 2 && Is(last, "rate") && Is(words[words.size() - 2], "learning", "learn");
  if (rate ||
      (Is(last, "lr", "lr0", "learningrate", "学习率", "学習率", "학습률") &&
       (!words.Has("base") || name.ends_with("/lr")) && !words.Has("min") && !words.Has("max") &&
       !words.Has("initial")) ||
      (words.size() >= 2 && words[0] == "lr" &&
       !Is(words[1], "scale", "mult", "decay", "scheduler", "std", "ratio", "factor", "scaler"))) {
    return {Role::kLearningRate, Phase::kUnsaid, LossKind::kComponent, 0};
  }
  if (words.Has("param") || words.Has("weight") || words.Has("clip") || words.Has("max")) return {};
  if (Is(last, "gnorm", "gradnorm", "norm", "grdn") || (words.size() == 1 && Is(last, "grad"))) {
    const bool gradient = words.Has("grad") || words.Has("gradient") || words.Has("grads") || last == "gnorm" ||
                          last == "gradnorm" || last == "grdn" || words.size() == 1 ||
                          (words.size() == 2 && Is(words[0], "l2", "g"));
    if (gradient) return {Role::kGradientNorm, Phase::kUnsaid, LossKind::kComponent, 0};
  }
  return {};
}

Meaning MetricMeaningOf(string_view name) {
  const text::Words words(name);
  if (words.empty()) return {};
  Phase phase = Phase::kUnsaid;
  bool error = false, quality = false;
  for (const string_view word : words) {
    if (PhaseOf(word) != Phase::kUnsaid) phase = PhaseOf(word);
    if (words.size() > 1 && word == "va") phase = Phase::kValidation;
    error = error || In(word, kErrorMetricWord);
    quality = quality || In(word, kQualityMetricWord);
  }
  if (phase == Phase::kUnsaid) return {};
  // A quality rises while the model learns: it is told under its own name, never as the loss.
  if (quality) return Loss(LossKind::kComponent, phase);
  if (error || words.size() == 1) return Loss(LossKind::kPlain, phase);
  return {};
}

Meaning CriterionMeaningOf(string_view name) {
  const text::Words words(name);
  if (words.empty() || !In(words.last(), kMeasureWord)) return {};
  Phase phase = Phase::kUnsaid;
  for (const string_view word : words) {
    if (PhaseOf(word) != Phase::kUnsaid) {
      phase = PhaseOf(word);
    } else if (word != words.last() && !In(word, kSmoothingWord | kErrorMetricWord) && !Is(word, "sq", "sqr", "err")) {
      return {};
    }
  }
  return Loss(LossKind::kProxy, phase);
}

Meaning RewardMeaningOf(string_view name) {
  const text::Words words(name);
  bool reward = false;
  Phase phase = Phase::kUnsaid;
  for (const string_view word : words) {
    if (Is(word, "reward", "rewards", "rew", "return", "returns", "kl")) {
      reward = true;
    } else if (PhaseOf(word) != Phase::kUnsaid) {
      phase = PhaseOf(word);
    } else if (!text::IsDigit(word.front()) &&
               !Is(word, "mean", "avg", "average", "episode", "episodic", "ep", "rollout", "total", "critic", "actor",
                   "approx", "approximate", "ppo", "objective", "divergence", "policy", "env", "extrinsic")) {
      return {};
    }
  }
  return reward ? Loss(LossKind::kReward, phase) : Meaning{};
}

Meaning AdversarialMeaningOf(string_view name) {
  if (const text::Words words(name); words.size() == 2 && Is(words[0], "err") && Is(words[1], "g", "d"))
    return Loss(LossKind::kComponent, Phase::kUnsaid);
  const auto joined = [](char c) { return c == '_'; };
  if (name.size() < 3 || name.size() > 16) return {};
  const bool network = (name[0] == 'G' || name[0] == 'D') && joined(name[1]);
  if (network || name.starts_with("cycle_") || name.starts_with("idt_") || name.starts_with("l_"))
    return Loss(LossKind::kComponent, Phase::kUnsaid);
  return {};
}

}  // namespace lossd::records
