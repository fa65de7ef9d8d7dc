#include "records/vocabulary.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "text/characters.h"
#include "text/words.h"

namespace lossd::records {
namespace {

using std::string_view;

template <std::size_t N>
bool In(string_view word, const std::array<string_view, N>& list) {
  return std::find(list.begin(), list.end(), word) != list.end();
}
template <typename... Word>
bool Is(string_view word, Word... words) {
  return ((word == words) || ...);
}

constexpr std::array kTrainWords = {string_view("train"), string_view("training"), string_view("learn"),
                                    string_view("tr"),    string_view("trn"),      string_view("训练")};
constexpr std::array kValidationWords = {
    string_view("val"),        string_view("valid"), string_view("validation"), string_view("validate"),
    string_view("validating"), string_view("eval"),  string_view("evaluation"), string_view("evaluate"),
    string_view("evaluating"), string_view("dev"),   string_view("heldout"),    string_view("holdout"),
    string_view("devset"),     string_view("cv"),    string_view("crossval"),   string_view("验证")};
constexpr std::array kTestWords = {string_view("test"), string_view("testing"), string_view("测试")};

constexpr std::array kLossNouns = {string_view("loss"), string_view("losses"), string_view("loss1"),
                                   string_view("损失")};
/// Losses that do not call themselves so.
constexpr std::array kLossSynonyms = {string_view("xent"),    string_view("nll"),   string_view("cost"),
                                      string_view("logloss"), string_view("costs"), string_view("objective")};
constexpr std::array kProxies = {string_view("ppl"), string_view("perplexity"), string_view("bpb"), string_view("bpc"),
                                 string_view("perp")};

/// Beside a loss noun these change nothing about whose loss it is.
constexpr std::array kNeutralWords = {
    string_view("lm"),        string_view("language"),  string_view("main"),     string_view("modeling"),
    string_view("reduced"),   string_view("global"),    string_view("batch"),    string_view("step"),
    string_view("current"),   string_view("cur"),       string_view("value"),    string_view("tok"),
    string_view("token"),     string_view("per"),       string_view("function"), string_view("net"),
    string_view("the"),       string_view("on"),        string_view("set"),      string_view("metrics"),
    string_view("metric"),    string_view("minibatch"), string_view("mini"),     string_view("iter"),
    string_view("iteration"), string_view("sample"),    string_view("example"),  string_view("raw"),
    string_view("data"),      string_view("dataset"),   string_view("subset"),   string_view("log"),
    string_view("stats"),     string_view("optimizer"), string_view("unscaled"), string_view("word"),
    string_view("is"),        string_view("gpt"),       string_view("rank"),     string_view("info")};
constexpr std::array kSmoothingWords = {string_view("avg"),      string_view("average"), string_view("mean"),
                                        string_view("running"),  string_view("avr"),     string_view("smoothed"),
                                        string_view("smooth"),   string_view("epoch"),   string_view("interval"),
                                        string_view("averaged"), string_view("moving")};
constexpr std::array kTotalWords = {string_view("total"), string_view("overall"), string_view("combined"),
                                    string_view("full"), string_view("sum")};
/// Names of criteria: whoever logs only `ce_loss` means the loss.
constexpr std::array kCriteria = {
    string_view("ce"),       string_view("crossentropy"), string_view("nll"),        string_view("mse"),
    string_view("bce"),      string_view("mlm"),          string_view("clm"),        string_view("xent"),
    string_view("l1"),       string_view("l2"),           string_view("smooth"),     string_view("ctc"),
    string_view("softmax"),  string_view("sft"),          string_view("dpo"),        string_view("huber"),
    string_view("mae"),      string_view("huber"),        string_view("focal"),      string_view("dice"),
    string_view("hinge"),    string_view("rmse"),         string_view("nce"),        string_view("elbo"),
    string_view("pretrain"), string_view("finetune"),     string_view("contrastive")};
/// With one of these a name that has a loss in it is of something else: a setting, a time, a record of the past.
constexpr std::array kNotALoss = {
    string_view("scale"),     string_view("scaler"),      string_view("scaling"),    string_view("coef"),
    string_view("coeff"),     string_view("coefficient"), string_view("weight"),     string_view("weights"),
    string_view("weighting"), string_view("fn"),          string_view("fun"),        string_view("func"),
    string_view("type"),      string_view("threshold"),   string_view("thresh"),     string_view("watchdog"),
    string_view("patience"),  string_view("mask"),        string_view("masked"),     string_view("time"),
    string_view("ms"),        string_view("sec"),         string_view("seconds"),    string_view("count"),
    string_view("num"),       string_view("number"),      string_view("packet"),     string_view("packets"),
    string_view("reduction"), string_view("name"),        string_view("dir"),        string_view("path"),
    string_view("file"),      string_view("every"),       string_view("stop"),       string_view("stopping"),
    string_view("best"),      string_view("delta"),       string_view("ratio"),      string_view("factor"),
    string_view("min"),       string_view("max"),         string_view("lowest"),     string_view("minimum"),
    string_view("maximum"),   string_view("from"),        string_view("improved"),   string_view("improvement"),
    string_view("decreased"), string_view("increased"),   string_view("than"),       string_view("below"),
    string_view("above"),     string_view("target"),      string_view("initial"),    string_view("final"),
    string_view("previous"),  string_view("prev"),        string_view("last"),       string_view("spike"),
    string_view("lambda"),    string_view("alpha"),       string_view("beta"),       string_view("gamma"),
    string_view("eps"),       string_view("rate"),        string_view("rates"),      string_view("lr"),
    string_view("norm"),      string_view("std"),         string_view("var"),        string_view("variance"),
    string_view("id"),        string_view("idx"),         string_view("index"),      string_view("layer"),
    string_view("layers"),    string_view("version"),     string_view("size"),       string_view("window"),
    string_view("warmup"),    string_view("limit"),       string_view("budget"),     string_view("db"),
    string_view("percent"),   string_view("pct"),         string_view("acc"),        string_view("accuracy"),
    string_view("memory"),    string_view("data_loss"),   string_view("hearing"),    string_view("weightloss"),
    string_view("bytes"),     string_view("clip"),        string_view("smoothing"),  string_view("ema"),
    string_view("improves"),  string_view("difference"),  string_view("diff"),       string_view("change"),
    string_view("gain"),      string_view("profit"),      string_view("stopped"),    string_view("lossz"),
    string_view("port"),      string_view("line"),        string_view("tests"),      string_view("tested"),
    string_view("dropout"),   string_view("drop"),        string_view("error_rate"), string_view("ppl"),
    string_view("perplexity")};

constexpr std::array kStepNouns = {string_view("step"), string_view("steps"), string_view("timestep"),
                                   string_view("timesteps"), string_view("step_num")};
constexpr std::array kIterationNouns = {string_view("iter"),    string_view("iteration"),  string_view("iters"),
                                        string_view("it"),      string_view("itr"),        string_view("update"),
                                        string_view("updates"), string_view("iterations"), string_view("round"),
                                        string_view("up"),      string_view("nupdates"),   string_view("counter"),
                                        string_view("itrs")};
constexpr std::array kBatchNouns = {string_view("batch"),       string_view("batches"),   string_view("minibatch"),
                                    string_view("minibatches"), string_view("batchid"),   string_view("batch_index"),
                                    string_view("mb"),          string_view("checkpoint")};
/// Beside a noun of counting these leave it a count of steps taken.
constexpr std::array kCountWords = {
    string_view("opt"),       string_view("current"),  string_view("cur"),       string_view("completed"),
    string_view("finished"),  string_view("train"),    string_view("training"),  string_view("trainer"),
    string_view("optimizer"), string_view("optim"),    string_view("the"),       string_view("end"),
    string_view("of"),        string_view("start"),    string_view("id"),        string_view("idx"),
    string_view("num"),       string_view("number"),   string_view("no"),        string_view("index"),
    string_view("batch"),     string_view("gradient"), string_view("minibatch"), string_view("info"),
    string_view("validate"),  string_view("val"),      string_view("eval"),      string_view("valid"),
    string_view("test"),      string_view("log"),      string_view("done"),      string_view("validation"),
    string_view("count"),     string_view("learning"), string_view("seen"),      string_view("trained")};
/// Behind the noun they say which of its counts is meant: `iteration_num`, `batches seen`.
constexpr std::array kCountEndings = {string_view("num"),       string_view("id"),     string_view("idx"),
                                      string_view("no"),        string_view("number"), string_view("index"),
                                      string_view("count"),     string_view("done"),   string_view("seen"),
                                      string_view("completed"), string_view("trained")};

/// The words that make up a loss's name, sorted out.
struct LossWords {
  int nouns = 0, synonyms = 0, proxies = 0, totals = 0, smoothing = 0, criteria = 0, unknown = 0;
  bool excluded = false;
  Phase phase = Phase::kUnsaid;
};

LossWords SortOut(const text::Words& words) {
  LossWords sorted;
  const bool cross_entropy = words.Has("cross") && words.Has("entropy");
  const bool language_model = words.Has("language") && words.Has("model");
  string_view before;
  for (const string_view word : words) {
    const Phase phase = PhaseOf(word);
    // "loss value" is the loss; "value loss", "value function loss" and "loss/value_avg" are of a value network.
    if (word == "value" && (&word != words.end() - 1 || !In(before, kLossNouns))) ++sorted.unknown;
    before = word;
    if (phase != Phase::kUnsaid) {
      if (sorted.phase == Phase::kUnsaid || sorted.phase == Phase::kTrain) sorted.phase = phase;
    } else if (In(word, kLossNouns)) {
      ++sorted.nouns;
    } else if (In(word, kProxies)) {
      ++sorted.proxies;
    } else if (In(word, kNotALoss)) {
      sorted.excluded = true;
    } else if (In(word, kTotalWords)) {
      ++sorted.totals;
    } else if (In(word, kSmoothingWords)) {
      ++sorted.smoothing;
    } else if (In(word, kLossSynonyms)) {
      ++sorted.synonyms;
    } else if (In(word, kCriteria) || (cross_entropy && Is(word, "cross", "entropy"))) {
      ++sorted.criteria;
    } else if (!In(word, kNeutralWords) && !(language_model && word == "model")) {
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
    if (Is(first, "训练损失")) return Loss(LossKind::kPlain, Phase::kTrain);
    if (Is(first, "验证损失")) return Loss(LossKind::kPlain, Phase::kValidation);
    if (Is(first, "trl", "tloss", "trainloss")) return Loss(LossKind::kPlain, Phase::kTrain);
    if (Is(first, "tel", "vloss", "valloss", "testloss", "evalloss")) return Loss(LossKind::kPlain, Phase::kValidation);
    if (Is(first, "totalloss", "totloss")) return Loss(LossKind::kTotal, Phase::kUnsaid);
    if (Is(first, "avgloss", "meanloss")) return Loss(LossKind::kSmoothed, Phase::kUnsaid);
  } else if (words.size() == 2 && words[1] == "loss") {
    if (Is(first, "v", "vl")) return Loss(LossKind::kPlain, Phase::kValidation);
    if (Is(first, "t")) return Loss(LossKind::kPlain, Phase::kTrain);
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
  const bool numbered = words.size() > 1 && In(last, kCountEndings);
  const string_view noun = numbered ? words[words.size() - 2] : last;
  std::uint8_t rank = 0;
  if (In(noun, kStepNouns)) {
    rank = kStepNumber;
  } else if (In(noun, kIterationNouns)) {
    rank = kIterationNumber;
  } else if (In(noun, kBatchNouns)) {
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
    } else if (In(word, kStepNouns) || (word == "max" && words.Has("global"))) {
      continue;  // `global_step/max_steps`: a fraction under the name of both its parts
    } else if (!In(word, kCountWords)) {
      return {};
    }
  }
  return {Role::kStep, phase, LossKind::kComponent, rank};
}

}  // namespace

Phase PhaseOf(string_view word) {
  std::array<char, 12> lower{};
  if (word.size() > lower.size()) return Phase::kUnsaid;
  std::transform(word.begin(), word.end(), lower.begin(), text::ToLower);
  const string_view key(lower.data(), word.size());
  if (In(key, kTrainWords)) return Phase::kTrain;
  if (In(key, kValidationWords)) return Phase::kValidation;
  if (In(key, kTestWords)) return Phase::kTest;
  return Phase::kUnsaid;
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
  if (Is(last, "epoch", "epochs", "ep") ||
      (words.size() == 2 && Is(words[0], "epoch", "epochs") && In(last, kCountEndings)) || name == "E") {
    for (const string_view word : words) {
      if (word != last && !Is(word, "epoch", "epochs") && !In(word, kCountWords)) return {};
    }
    return {Role::kEpoch, Phase::kUnsaid, LossKind::kComponent, 0};
  }
  if (words.size() == 2 && words[0] == "l" && words[1] == "r")
    return {Role::kLearningRate, Phase::kUnsaid, LossKind::kComponent, 0};
  const bool rate = words.size() >= 2 && Is(last, "rate") && Is(words[words.size() - 2], "learning", "learn");
  if (rate ||
      (Is(last, "lr", "lr0", "learningrate", "学习率") && !words.Has("base") && !words.Has("min") &&
       !words.Has("max") && !words.Has("initial")) ||
      (words.size() >= 2 && words[0] == "lr" &&
       !Is(words[1], "scale", "mult", "decay", "scheduler", "std", "ratio", "factor", "scaler"))) {
    return {Role::kLearningRate, Phase::kUnsaid, LossKind::kComponent, 0};
  }
  if (words.Has("param") || words.Has("weight") || words.Has("clip") || words.Has("max")) return {};
  if (Is(last, "gnorm", "gradnorm", "norm") || (words.size() == 1 && Is(last, "grad"))) {
    const bool gradient = words.Has("grad") || words.Has("gradient") || words.Has("grads") || last == "gnorm" ||
                          last == "gradnorm" || words.size() == 1 || (words.size() == 2 && words[0] == "l2");
    if (gradient) return {Role::kGradientNorm, Phase::kUnsaid, LossKind::kComponent, 0};
  }
  return {};
}

Meaning MetricMeaningOf(string_view name) {
  constexpr std::array kErrorMetrics = {
      string_view("rmse"),     string_view("mse"),     string_view("mae"),     string_view("l1"),
      string_view("l2"),       string_view("error"),   string_view("merror"),  string_view("mlogloss"),
      string_view("logloss"),  string_view("huber"),   string_view("multi"),   string_view("binary"),
      string_view("quantile"), string_view("poisson"), string_view("mape"),    string_view("rmsle"),
      string_view("deviance"), string_view("gamma"),   string_view("tweedie"), string_view("nloglik")};
  constexpr std::array kQualityMetrics = {string_view("auc"), string_view("ndcg"), string_view("map"),
                                          string_view("accuracy"), string_view("aucpr")};
  const text::Words words(name);
  if (words.empty()) return {};
  Phase phase = Phase::kUnsaid;
  bool error = false, quality = false;
  for (const string_view word : words) {
    if (PhaseOf(word) != Phase::kUnsaid) phase = PhaseOf(word);
    error = error || In(word, kErrorMetrics);
    quality = quality || In(word, kQualityMetrics);
  }
  if (phase == Phase::kUnsaid) return {};
  // A quality rises while the model learns: it is told under its own name, never as the loss.
  if (quality) return Loss(LossKind::kComponent, phase);
  if (error || words.size() == 1) return Loss(LossKind::kPlain, phase);
  return {};
}

Meaning CriterionMeaningOf(string_view name) {
  constexpr std::array kMeasures = {string_view("ce"), string_view("bce"), string_view("perplexity"),
                                    string_view("ppl")};
  const text::Words words(name);
  if (words.empty() || !In(words.last(), kMeasures)) return {};
  Phase phase = Phase::kUnsaid;
  for (const string_view word : words) {
    if (PhaseOf(word) != Phase::kUnsaid) {
      phase = PhaseOf(word);
    } else if (word != words.last() && !In(word, kSmoothingWords)) {
      return {};
    }
  }
  return Loss(LossKind::kProxy, phase);
}

Meaning AdversarialMeaningOf(string_view name) {
  const auto joined = [](char c) { return c == '_'; };
  if (name.size() < 3 || name.size() > 16) return {};
  const bool network = (name[0] == 'G' || name[0] == 'D') && joined(name[1]);
  if (network || name.starts_with("cycle_") || name.starts_with("idt_") || name.starts_with("l_"))
    return Loss(LossKind::kComponent, Phase::kUnsaid);
  return {};
}

}  // namespace lossd::records
