#include "records/meaning_in_record.h"

#include <algorithm>
#include <array>

#include "records/field_meaning.h"
#include "records/number_place.h"
#include "records/word_classes.h"
#include "text/characters.h"
#include "text/words.h"

namespace lossd::records {
namespace {

using std::string_view;

constexpr Meaning kEpoch = {Role::kEpoch, Phase::kUnsaid, LossKind::kComponent, 0};

/// Whether numbers with a fraction stand under `train` and under `valid`, and no word says that they are qualities.
bool TellsPhasesAlone(string_view line, const Fields& fields) {
  const auto tells = [&](Phase phase) {
    return std::ranges::any_of(fields.all, [&](const Field& field) {
      return !field.number.integral && !field.unit && field.total == 0 && IsPhaseOnly(field.name) &&
             PhaseWithin(field.name) == phase;
    });
  };
  constexpr std::array kQualities = {string_view("acc"), string_view("Acc"), string_view("ACC"),
                                     string_view("auc"), string_view("AUC"), string_view("core"),
                                     string_view("f1"),  string_view("F1"),  string_view("IoU")};
  const bool quality =
      std::ranges::any_of(kQualities, [&](string_view word) { return line.find(word) != string_view::npos; });
  return !quality && tells(Phase::kTrain) && (tells(Phase::kValidation) || tells(Phase::kTest));
}

/// "Epoch 3: train=0.25 valid=0.31", "#Iter= 3 Train=0.25 Test=0.31": nothing but the phases has a name.
bool IsLossOfAPhase(string_view line, const Fields& fields, const Field& field, const Record& record) {
  const bool counted = record.epoch || (record.step && record.step_rank >= kIterationNumber);
  if (!counted || !IsPhaseOnly(field.name)) return false;
  for (std::size_t i = 0; i < record.loss_count(); ++i) {
    if (record.loss(i).kind != LossKind::kProxy) return false;
  }
  return TellsPhasesAlone(line, fields);
}

bool IsErrorWord(string_view word) { return word == "error" || word == "err" || word == "误差" || word == "誤差"; }

/// "rmse", "train_mse", "err"
bool IsErrorName(string_view name) {
  const text::Words words(name);
  if (words.empty()) return false;
  const string_view last = words.last();
  return last == "mse" || last == "rmse" || IsErrorWord(last);
}

/// ">epoch=0, lrate=0.500, error=6.350": what the simplest of loops call it, where nothing else is a loss.
Meaning ErrorMeaning(const Field& field, const Record& record) {
  const text::Words words(field.name);
  if (field.number.integral || words.empty() || words.size() > 2) return {};
  if (!IsErrorWord(words.last())) return {};
  const Phase phase = words.size() == 2 ? PhaseOf(words[0]) : Phase::kUnsaid;
  if (words.size() == 2 && phase == Phase::kUnsaid && words[0] != "current" && words[0] != "mean") return {};
  // "training_error=0.5, test_error=0.6": beside the error of another phase.
  for (std::size_t i = 0; i < record.loss_count(); ++i) {
    const LossValue& loss = record.loss(i);
    if (loss.kind != LossKind::kProxy || loss.phase == Phase::kUnsaid || phase == Phase::kUnsaid || loss.phase == phase)
      return {};
  }
  return {Role::kLoss, phase, LossKind::kProxy, 0};
}

bool IsTrainingError(string_view name) {
  return name == "training error" || name == "train error" || name == "Training error" || name == "Train error";
}

/// "Iteration: 100 Error: 0.25": what a solver of any kind tells as well, so that it must repeat.
bool IsErrorOfIteration(const Field& field, const Record& record) {
  const text::Words words(field.name);
  return record.step_rank >= kIterationNumber && record.total_steps == 0 && record.loss_count() == 0 &&
         (field.joint == ':' || field.joint == '=') && words.size() == 1 && IsErrorWord(words.last());
}

/// A criterion, or a network of several, where the record tells enough about itself.
Meaning MeaningAsCriterion(const Field& field, const Record& record, Company& company) {
  // "Finished Epoch[ 1 of 15]: [Training] mse = 2975.5", "epoch 3 rmse: 0.9"
  // "iterations: 10, training error: 0.03"
  if (!record.epoch) {
    if (!record.step) return {};
    const bool of_iteration = IsErrorOfIteration(field, record);
    company.must_repeat = company.must_repeat || of_iteration;
    return of_iteration || IsTrainingError(field.name) ? ErrorMeaning(field, record) : Meaning{};
  }
  if (!record.step && field.phase != Phase::kTrain && (field.number.integral || !IsErrorName(field.name))) return {};
  if (record.step) {
    const Meaning network = AdversarialMeaningOf(field.name);
    if (network.role == Role::kLoss) return network;
  }
  const Meaning criterion = CriterionMeaningOf(field.name);
  return criterion.role == Role::kLoss ? criterion : ErrorMeaning(field, record);
}

/// Words before a noun of counting that make it no count of steps taken: "accumulation step 2", "save step: 500".
bool MakesNoCount(string_view word) {
  constexpr std::array kWords = {string_view("accumulation"), string_view("accum"),    string_view("accumulate"),
                                 string_view("save"),         string_view("saving"),   string_view("decay"),
                                 string_view("resume"),       string_view("resuming"), string_view("warm"),
                                 string_view("display"),      string_view("report"),   string_view("logging"),
                                 string_view("best"),         string_view("per"),      string_view("start"),
                                 string_view("early"),        string_view("time"),     string_view("mini"),
                                 string_view("inner"),        string_view("sub"),      string_view("micro")};
  return (ClassesOf(word) & kNotALossWord) != 0 || std::ranges::find(kWords, word) != kWords.end();
}

/// "LocalMAP iter 100, Loss: 12422.6", "trainer-0 pytorch step 10 loss 2.5", "Whole iter step:10": what is trained, or
/// who trains it, stands before the counter, and its loss behind.
Meaning CounterOfModel(const Fields& fields, const Field& field) {
  if (&field != fields.all.data() || !field.number.integral) return {};
  if (field.joint != ' ' && field.joint != ':' && field.joint != '=') return {};
  constexpr std::ptrdiff_t kMostWords = 3;
  const std::size_t blank = field.name.rfind(' ');
  if (blank == string_view::npos || std::ranges::count(field.name, ' ') > kMostWords) return {};
  const text::Words model(field.name.substr(0, blank));
  const bool told = std::ranges::any_of(
      fields.all, [](const Field& other) { return !other.unit && MeaningOf(other.name).role == Role::kLoss; });
  if (!told || model.empty() || std::any_of(model.begin(), model.end(), MakesNoCount)) return {};
  const Meaning counter = MeaningOf(field.name.substr(blank + 1));
  return counter.role == Role::kStep || counter.role == Role::kEpoch ? counter : Meaning{};
}

/// "Losses {'ner': 12.5, 'tagger': 3.25}", "loss: {'train': 0.5, 'val': 0.6}": what a group of losses holds, where no
/// word makes it something else. The only one is the loss itself.
Meaning PartOfLosses(const Fields& fields, const Field& field) {
  if (field.group.empty() || field.unit || field.number.value < 0) return {};
  const Meaning group = MeaningOf(field.group);
  if (group.role != Role::kLoss) return {};
  if (IsPhaseOnly(field.name)) return {Role::kLoss, PhaseWithin(field.name), LossKind::kPlain, 0};
  const text::Words words(field.name);
  const bool losses = text::Words(field.group).last() == "losses";
  const bool other = std::any_of(words.begin(), words.end(), [](string_view word) {
    return (ClassesOf(word) & (kNotALossWord | kQualityMetricWord)) != 0;
  });
  if (!losses || other || words.empty()) return {};
  const auto of_group = std::ranges::count(fields.all, field.group, &Field::group);
  return {Role::kLoss, group.phase, of_group == 1 ? LossKind::kCriterion : LossKind::kComponent, 0};
}

bool IsMeasured(const Field& field) { return !field.number.integral && !field.unit && field.total == 0; }

/// Parts of a loss that no word calls so: `policy`, `reg`, `kld`, and the names of criteria.
bool IsPartOfSum(const Field& field) {
  constexpr std::array kParts = {
      string_view("policy"),  string_view("reg"),   string_view("recon"), string_view("rec"), string_view("kl"),
      string_view("kld"),     string_view("cls"),   string_view("box"),   string_view("dfl"), string_view("bbox"),
      string_view("adv"),     string_view("gan"),   string_view("pde"),   string_view("bc"),  string_view("ic"),
      string_view("physics"), string_view("lpips"), string_view("ssim"),  string_view("vgg"), string_view("tv")};
  const text::Words words(field.name);
  return IsMeasured(field) && std::any_of(words.begin(), words.end(), [&](string_view word) {
           return (ClassesOf(word) & (kCriterionWord | kMeasureWord)) != 0 ||
                  std::ranges::find(kParts, word) != kParts.end();
         });
}

/// "total 12.5 s"
bool IsOfTime(string_view line, const Field& field) {
  const std::size_t end = field.at + field.number.length;
  return end + 2 <= line.size() && line[end] == ' ' && (line[end + 1] == 's' || line[end + 1] == 'm') &&
         (end + 2 == line.size() || !text::IsLetter(line[end + 2]) || line.substr(end + 1, 3) == "sec" ||
          line.substr(end + 1, 3) == "min" || line.substr(end + 1, 2) == "ms");
}

/// "step 100, policy=6.25 mse=0.25 total=7.5": the whole beside its parts.
Meaning WholeOfParts(string_view line, const Fields& fields, const Field& field, const Record& record) {
  if (!(record.step || record.epoch) || !IsMeasured(field) || IsOfTime(line, field)) return {};
  const text::Words words(field.name);
  bool total = false;
  for (const string_view word : words) {
    const WordClasses classes = ClassesOf(word);
    total = total || (classes & kTotalWord) != 0;
    if ((classes & (kTotalWord | kSmoothingWord)) == 0 && PhaseOf(word) == Phase::kUnsaid) return {};
  }
  if (!total || std::ranges::none_of(fields.all, IsPartOfSum)) return {};
  return {Role::kLoss, PhaseWithin(field.name), LossKind::kTotal, 0};
}

/// "batch 10, epoch 0 global average objf: 2.5, current batch average objf: 2.25", "step 100 objective 0.5"
Meaning ObjectiveMeaning(const Field& field, const Record& record) {
  const text::Words words(field.name);
  if (!(record.step || record.epoch) || !IsMeasured(field) || words.empty()) return {};
  if (words.last() != "objf" && words.last() != "objective") return {};
  bool of_all = false;
  for (const string_view word : words) {
    if (word == words.last()) continue;
    const WordClasses classes = ClassesOf(word);
    of_all = of_all || word == "global" || word == "running" || (classes & kTotalWord) != 0;
    if ((classes & (kNeutralWord | kSmoothingWord | kTotalWord)) == 0 && PhaseOf(word) == Phase::kUnsaid) return {};
  }
  return {Role::kLoss, PhaseWithin(field.name), of_all ? LossKind::kProxy : LossKind::kSmoothed, 0};
}

/// Where nothing in a row of a table is called a loss, the errors of its phases beside an epoch are.
Meaning ErrorColumn(const Fields& fields, const Field& field, Company& company) {
  if (company.errors == Company::Errors::kUnknown) {
    const auto has = [&](Role role) {
      return std::ranges::any_of(fields.all, [&](const Field& other) { return MeaningOf(other).role == role; });
    };
    company.errors = has(Role::kEpoch) && !has(Role::kLoss) ? Company::Errors::kYes : Company::Errors::kNo;
  }
  const text::Words words(field.name);
  if (company.errors == Company::Errors::kNo || words.size() < 2) return {};
  return IsErrorName(field.name) ? MetricMeaningOf(field.name) : Meaning{};
}

/// Epochs that do not call themselves so, before the counter that is told with them.
bool IsEpochBeforeStep(const Fields& fields, std::size_t i) {
  const Field& field = fields.all[i];
  if (!field.number.integral || i + 1 >= fields.all.size()) return false;
  const Field& next = fields.all[i + 1];
  // "Train: 0 [1000/10009]", "TRAIN [0][0/3416]"
  if (next.name.empty()) return next.total != 0 && IsPhaseOnly(field.name);
  // "Pass 0, train batch 10"
  return (field.name == "Pass" || field.name == "pass") && MeaningOf(next.name).role == Role::kStep;
}

}  // namespace

Meaning MeaningInRecord(string_view line, const Fields& fields, std::size_t i, const Record& record, Company& company) {
  const Field& field = fields.all[i];
  if (const Meaning part = PartOfLosses(fields, field); part.role == Role::kLoss) return part;
  // "[ 1] obj=53109.96", "iter=0 terr=0.99 obj=123.4": what conditional random fields minimise
  if (field.name == "obj" && field.joint == '=' && record.step && record.loss_count() == 0)
    return {Role::kLoss, Phase::kTrain, LossKind::kProxy, 0};
  // "[25] train-rmse:0.5", "200: learn: 0.27", and tables of the same
  if (company.boosting || (fields.structure == Structure::kTable && field.joint == ',' && company.has_step_column)) {
    return MetricMeaningOf(field.name);
  }
  if (fields.structure == Structure::kTable && field.joint == ',') {
    if (const Meaning error = ErrorColumn(fields, field, company); error.role == Role::kLoss) return error;
  }
  if (i == 1 && fields.all[0].name.empty() && MeaningByPlace(line, fields, 0, false).rank == kLeadingNumber) {
    const Meaning metric = MetricMeaningOf(field.name);
    company.boosting = metric.role == Role::kLoss;
    if (company.boosting) return metric;
  }
  // Deeplearning4j: "Score at iteration 100 is 0.78"
  if (field.name == "Score" && i > 0 && fields.all[i - 1].name == "iteration") {
    return {Role::kLoss, Phase::kTrain, LossKind::kPlain, 0};
  }
  if (record.step && line.starts_with("[LightGBM]")) return MetricMeaningOf(field.name);
  // "global step 400 learning rate 0.5 perplexity 7.67", "eval: perplexity 7.56"
  if (IsPerplexity(field.name) && (record.step || field.phase != Phase::kUnsaid)) return CriterionMeaningOf(field.name);
  if (const Meaning counter = CounterOfModel(fields, field); counter.role != Role::kOther) return counter;
  if (IsLossOfAPhase(line, fields, field, record)) return {Role::kLoss, PhaseWithin(field.name), LossKind::kProxy, 0};
  if (const Meaning whole = WholeOfParts(line, fields, field, record); whole.role == Role::kLoss) return whole;
  if (const Meaning objective = ObjectiveMeaning(field, record); objective.role == Role::kLoss) return objective;
  if (const Meaning criterion = MeaningAsCriterion(field, record, company); criterion.role == Role::kLoss)
    return criterion;
  const bool in_record = fields.structure != Structure::kPairs || field.joint == '|' || record.step;
  if (in_record || record.loss_count() != 0 || IsSpokenMean(field)) {
    if (const Meaning reward = RewardMeaningOf(field.name); reward.role == Role::kLoss) return reward;
  }
  // "i = 5 / 1000", "i: 5, loss: 0.5", "t = 5, loss = 0.5"
  const bool heads_loss = i == 0 && fields.all.size() > 1 && MeaningOf(fields.all[1]).role == Role::kLoss;
  const bool counter =
      field.name == "i" || (heads_loss && (field.name == "t" || field.name == "n" || field.name == "k"));
  if (counter && field.number.integral && (field.total != 0 || heads_loss)) {
    return {Role::kStep, Phase::kUnsaid, LossKind::kComponent, kIterationNumber};
  }
  // "loss train: 1.6, val: 1.7"
  if (record.loss_count() > 0 && company.names_phase_last && IsPhaseOnly(field.name)) {
    return {Role::kLoss, PhaseWithin(field.name), LossKind::kPlain, 0};
  }
  return IsEpochBeforeStep(fields, i) ? kEpoch : Meaning{};
}

}  // namespace lossd::records
