#include "records/record.h"

#include <algorithm>
#include <utility>

#include "records/number_place.h"
#include "text/characters.h"
#include "text/hash.h"
#include "text/words.h"

namespace lossd::records {
namespace {

using std::string_view;

std::uint64_t Hash(std::uint64_t seed, string_view text) {
  for (const char c : text) seed = (seed ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  return seed * 31 + 7;
}

bool IsTrain(Phase phase) { return phase == Phase::kUnsaid || phase == Phase::kTrain; }

/// A field together with what its name means.
struct Understood {
  const Field* field;
  Meaning meaning;
};

class Interpreter {
 public:
  Interpreter(string_view line, const Fields& fields, const ReaderOptions& options, Record& reading)
      : line_(line), fields_(fields), options_(options), reading_(reading) {}

  void Run() {
    reading_.Clear();
    reading_.format = FormatName();
    const bool evaluates = line_.find("Saving dict for global step") != string_view::npos;
    for (std::size_t i = 0; i < fields_.all.size(); ++i) {
      const Field& field = fields_.all[i];
      if (field.call || field.quoted) continue;
      Meaning meaning = Look(field, i);
      if (evaluates && meaning.phase == Phase::kUnsaid) meaning.phase = Phase::kValidation;
      Take(field, meaning);
    }
    // A number without a name may be a line of any list.
    if (step_name_ != nullptr) {
      const bool named = reading_.step_rank >= kBatchNumber;
      const bool in_epoch = epoch_name_ != nullptr && !epoch_name_->name.empty() && !reading_.bar &&
                            (named || reading_.total_steps != 0) && StandsAtHead(*epoch_name_);
      reading_.leads = in_epoch || (named && StandsAtHead(*step_name_));
    }
    if (reading_.loss_count() == 0) {
      if (epoch_name_ != nullptr && step_name_ == nullptr) reading_.leads = StandsAtHead(*epoch_name_);
      return;
    }
    NameSeries();
    reading_.DropProxies();
    if (reading_.loss_count() == 0) return;
    Finish();
  }

 private:
  string_view FormatName() const {
    switch (fields_.structure) {
      case Structure::kJson:
        return "json";
      case Structure::kPythonDict:
        return "python_dict";
      case Structure::kTable:
        return "table";
      case Structure::kPairs:
        break;
    }
    return "key_value";
  }

  Meaning Look(const Field& field, std::size_t i) {
    const auto own = [&](const std::string& key) { return !key.empty() && field.name == key; };
    if (own(options_.loss_key)) return {Role::kLoss, Phase::kTrain, LossKind::kPlain, 0};
    if (own(options_.eval_loss_key)) return {Role::kLoss, Phase::kValidation, LossKind::kPlain, 0};
    if (std::ranges::any_of(options_.metric_keys, own)) return {Role::kLoss, Phase::kTrain, LossKind::kComponent, 0};
    if (own(options_.step_key)) return {Role::kStep, Phase::kUnsaid, LossKind::kComponent, 9};
    if (own(options_.epoch_key)) return {Role::kEpoch, Phase::kUnsaid, LossKind::kComponent, 0};
    if (own(options_.learning_rate_key)) return {Role::kLearningRate, Phase::kUnsaid, LossKind::kComponent, 0};
    if (own(options_.gradient_norm_key)) return {Role::kGradientNorm, Phase::kUnsaid, LossKind::kComponent, 0};

    Meaning meaning = MeaningOf(field.name);
    if (!field.group.empty()) meaning = LookInGroup(field, meaning);
    if (meaning.role == Role::kOther && !field.name.empty()) meaning = LookByRecord(field, i);
    if (meaning.role == Role::kOther && field.name.empty())
      meaning = MeaningByPlace(line_, fields_, i, reading_.epoch.has_value());
    if (meaning.role == Role::kLoss) {
      if (!options_.loss_key.empty() && IsTrain(meaning.phase) && meaning.loss != LossKind::kComponent)
        meaning.loss = LossKind::kComponent;
      if (meaning.phase == Phase::kUnsaid) meaning.phase = field.phase;
    }
    return meaning;
  }

  /// `tot_loss[loss=1.0]`, `{"train": {"loss": 1.0}}`, `{"loss": {"total": 1.0}}`.
  static Meaning LookInGroup(const Field& field, Meaning meaning) {
    const Phase phase = PhaseWithin(field.group);
    const Meaning group = MeaningOf(field.group);
    if (meaning.role == Role::kLoss) {
      if (meaning.phase == Phase::kUnsaid) meaning.phase = phase != Phase::kUnsaid ? phase : group.phase;
      if (group.role == Role::kLoss && group.loss < meaning.loss) meaning.loss = group.loss;
    } else if (group.role == Role::kLoss &&
               (field.name == "total" || field.name == "value" || field.name == "mean" || field.name == "avg")) {
      return group;
    }
    return meaning;
  }

  /// Names that mean something only in the company of others.
  Meaning LookByRecord(const Field& field, std::size_t i) {
    // "[25] train-rmse:0.5", "200: learn: 0.27", and tables of the same
    if (boosting_ || (fields_.structure == Structure::kTable && field.joint == ',' && has_step_column_)) {
      return MetricMeaningOf(field.name);
    }
    if (i == 1 && fields_.all[0].name.empty() && MeaningByPlace(line_, fields_, 0, false).rank == kLeadingNumber) {
      const Meaning metric = MetricMeaningOf(field.name);
      boosting_ = metric.role == Role::kLoss;
      return metric;
    }
    // Deeplearning4j: "Score at iteration 100 is 0.78"
    if (field.name == "Score" && i > 0 && fields_.all[i - 1].name == "iteration") {
      return {Role::kLoss, Phase::kTrain, LossKind::kPlain, 0};
    }
    if (reading_.step && line_.starts_with("[LightGBM]")) return MetricMeaningOf(field.name);
    if (reading_.step && reading_.epoch) {
      const Meaning network = AdversarialMeaningOf(field.name);
      if (network.role == Role::kLoss) return network;
      const Meaning criterion = CriterionMeaningOf(field.name);
      if (criterion.role == Role::kLoss) return criterion;
    }
    // "i = 5 / 1000"
    if (field.name == "i" && field.number.integral && field.total != 0) {
      return {Role::kStep, Phase::kUnsaid, LossKind::kComponent, kIterationNumber};
    }
    // "loss train: 1.6, val: 1.7"
    if (reading_.loss_count() > 0 && names_phase_last_ && IsPhaseOnly(field.name)) {
      return {Role::kLoss, PhaseWithin(field.name), LossKind::kPlain, 0};
    }
    // "Train: 0 [1000/10009]", "TRAIN [0][0/3416]": the epoch has no name
    if (IsPhaseOnly(field.name) && field.number.integral && i + 1 < fields_.all.size() &&
        fields_.all[i + 1].name.empty() && fields_.all[i + 1].total != 0) {
      return {Role::kEpoch, Phase::kUnsaid, LossKind::kComponent, 0};
    }
    return {};
  }

  static Phase PhaseWithin(string_view name) {
    for (const string_view word : text::Words(name)) {
      if (PhaseOf(word) != Phase::kUnsaid) return PhaseOf(word);
    }
    return Phase::kUnsaid;
  }

  void Take(const Field& field, const Meaning& meaning) {
    switch (meaning.role) {
      case Role::kStep:
        if (!field.unit && (!reading_.step || meaning.rank > reading_.step_rank)) {
          const auto step = text::AsStep(field.number);
          if (!step || *step < 0) break;
          reading_.step = step;
          reading_.step_rank = meaning.rank;
          reading_.total_steps = field.total;
          reading_.bar = field.bar;
          reading_.step_at = field.at;
          step_name_ = &field;
        }
        if (fields_.structure == Structure::kTable) has_step_column_ = true;
        break;
      case Role::kEpoch:
        if (!field.unit && !reading_.epoch) {
          reading_.epoch = field.number.value;
          reading_.whole_epoch = field.number.integral;
          reading_.epoch_at = field.at;
          epoch_name_ = &field;
        }
        break;
      case Role::kLearningRate:
        if (!field.unit && !reading_.learning_rate) {
          reading_.learning_rate = field.number.value;
          reading_.learning_rate_at = field.at;
        }
        break;
      case Role::kGradientNorm:
        if (!field.unit && !reading_.gradient_norm) {
          reading_.gradient_norm = field.number.value;
          reading_.gradient_norm_at = field.at;
        }
        break;
      case Role::kLoss:
        TakeLoss(field, meaning);
        break;
      case Role::kOther:
        if (!reading_.rank && IsRank(field)) {
          reading_.rank = text::AsStep(field.number);
          reading_.rank_at = field.at;
        }
        if (field.name == "number of nan iterations" && field.number.value > 0) reading_.nan_iterations = true;
        break;
    }
  }

  /// "Epoch: 0, Step: 5, Rank: 3, loss = 0.5"
  static bool IsRank(const Field& field) {
    constexpr double kMostRanks = 100000;
    return field.number.integral && !field.unit && field.total == 0 && field.number.value >= 0 &&
           field.number.value < kMostRanks &&
           (field.name == "rank" || field.name == "Rank" || field.name == "rank_id" || field.name == "global_rank");
  }

  void TakeLoss(const Field& field, const Meaning& meaning) {
    if (field.unit) {
      damaged_ = true;
      return;
    }
    if (meaning.loss == LossKind::kComponent && text::Words(field.name).size() > 5) return;  // prose
    LossValue& loss = reading_.Add();
    const Field& value = ValueOf(field);
    loss.value = value.number.value;
    loss.at = value.at;
    loss.name_begin = field.begin;
    loss.name_end = field.begin + static_cast<std::uint32_t>(field.name.size());
    reading_.row = reading_.row || field.joint == '|';
    loss.kind = meaning.loss;
    loss.phase = meaning.phase;
    loss.series.assign(field.group.empty() || MeaningOf(field.group).role != Role::kLoss ? field.name : field.group);
    loss.form =
        Hash(Hash(static_cast<unsigned char>(field.joint) + 1469598103934665603ULL, loss.series), reading_.format);
    const text::Words words(field.name);
    names_phase_last_ = !words.empty() && PhaseOf(words.last()) != Phase::kUnsaid && words.size() > 1;
  }

  /// "Train loss 100 0.523": the step stands between the name and the value.
  const Field& ValueOf(const Field& field) {
    const std::size_t next = static_cast<std::size_t>(&field - fields_.all.data()) + 1;
    if (field.joint != ' ' || !field.number.integral || field.total != 0 || next >= fields_.all.size()) return field;
    const Field& second = fields_.all[next];
    if (!second.name.empty() || second.unit || second.number.integral ||
        second.at != field.at + field.number.length + 1)
      return field;
    if (!reading_.step) {
      reading_.step = text::AsStep(field.number);
      reading_.step_rank = kLeadingNumber;
      reading_.step_at = field.at;
    }
    return second;
  }

  /// Where the first field that means something begins.
  std::size_t RecordBegin() const {
    std::size_t begin = line_.size();
    for (const Field& field : fields_.all) {
      if (MeaningOf(field.name).role == Role::kOther) continue;
      begin = std::min<std::size_t>(begin, field.begin);
    }
    return begin;
  }

  /// Whether nothing but prefixes stands before the field's name.
  bool StandsAtHead(const Field& field) const {
    if (fields_.structure != Structure::kPairs) return false;
    std::size_t begin = field.begin;
    while (begin > 0 && text::IsBlank(line_[begin - 1])) --begin;
    return begin == 0 || string_view("]-|>:=#*[){").find(line_[begin - 1]) != string_view::npos;
  }

  /// Gives the fixed names to the losses of the whole model, and says which of several stands for it.
  void NameSeries() {
    NameBest([](Phase phase) { return IsTrain(phase); }, core::kTrainSeries);
    const bool validation = NameBest([](Phase phase) { return phase == Phase::kValidation; }, core::kEvalSeries);
    if (!validation) NameBest([](Phase phase) { return phase == Phase::kTest; }, core::kEvalSeries);
    for (std::size_t i = 0; i < reading_.loss_count(); ++i) {
      LossValue& loss = reading_.loss(i);
      // A component of an evaluation must not run into the same component of training.
      const bool own_name = loss.series != core::kTrainSeries && loss.series != core::kEvalSeries;
      if (own_name && !IsTrain(loss.phase) && MeaningOf(loss.series).phase == Phase::kUnsaid &&
          MetricMeaningOf(loss.series).phase == Phase::kUnsaid) {
        loss.series.insert(0, loss.phase == Phase::kTest ? "test_" : "eval_");
      }
      if (step_name_ != nullptr && reading_.step_rank >= kBatchNumber) loss.form = Hash(loss.form, step_name_->name);
    }
  }

  /// "Loss" is the loss beside "MainLoss".
  static bool IsPlainer(const LossValue& loss, const LossValue& best) {
    return loss.kind == LossKind::kPlain && text::Words(loss.series).size() == 1 &&
           text::Words(best.series).size() > 1 && loss.phase == best.phase;
  }

  template <typename Wanted>
  bool NameBest(Wanted wanted, const char* series) {
    LossValue* best = nullptr;
    bool rival = false;
    for (std::size_t i = 0; i < reading_.loss_count(); ++i) {
      LossValue& loss = reading_.loss(i);
      if (!wanted(loss.phase)) continue;
      // "epoch 3: perplexity: 7.4 eval_loss: 2.0": the measure is that of the loss beside it.
      if (loss.kind == LossKind::kProxy && loss.phase == Phase::kUnsaid && reading_.loss_count() > 1) continue;
      if (loss.kind == LossKind::kComponent) {
        rival = true;
      } else if (best == nullptr || loss.kind > best->kind || (loss.kind == best->kind && IsPlainer(loss, *best))) {
        best = &loss;
      }
    }
    // One criterion among other components is a component, too: "mse_loss: .. kl_loss: ..".
    if (best == nullptr || (best->kind == LossKind::kCriterion && rival)) return false;
    best->series = series;
    return true;
  }

  void Finish() {
    bool train = false, eval = false;
    for (std::size_t i = 0; i < reading_.loss_count(); ++i) {
      LossValue& loss = reading_.loss(i);
      train = train || loss.series == core::kTrainSeries;
      eval = eval || loss.series == core::kEvalSeries;
    }
    reading_.has_eval = eval;
    reading_.whole_object = fields_.structure != Structure::kPairs && line_.starts_with('{');
    // A dictionary behind a bar is no refresh of the bar.
    if (fields_.structure == Structure::kJson || fields_.structure == Structure::kPythonDict) reading_.bar = false;
    const bool estimate = train && eval && fields_.structure == Structure::kPairs && reading_.step_rank >= kBatchNumber;
    // DeepSpeed's pipeline engine tells each step just before Megatron does, to fewer digits.
    const bool pipeline_engine = line_.find(" iter time (s): ") != string_view::npos;
    reading_.preliminary = reading_.bar || estimate || pipeline_engine;
    reading_.record_at = static_cast<std::uint32_t>(RecordBegin());
    reading_.text = text::HashOfRecord(line_.substr(reading_.record_at));
    const bool record = fields_.structure == Structure::kTable;
    reading_.sure = record || reading_.step || reading_.epoch || reading_.learning_rate || reading_.gradient_norm;
  }

  string_view line_;
  const Fields& fields_;
  const ReaderOptions& options_;
  Record& reading_;
  const Field* step_name_ = nullptr;
  const Field* epoch_name_ = nullptr;
  bool boosting_ = false;
  bool has_step_column_ = false;
  bool names_phase_last_ = false;
  bool damaged_ = false;
};

}  // namespace

LossValue& Record::Add() {
  if (count_ == losses_.size()) losses_.emplace_back();
  LossValue& loss = losses_[count_++];
  loss.series.clear();
  return loss;
}

void Record::DropProxies() {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < count_; ++i) {
    const LossValue& loss = losses_[i];
    const bool chosen = loss.series == core::kTrainSeries || loss.series == core::kEvalSeries;
    if (loss.kind == LossKind::kProxy && !chosen) continue;
    if (kept != i) std::swap(losses_[kept], losses_[i]);
    ++kept;
  }
  count_ = kept;
}

void Record::Clear() {
  step.reset();
  step_rank = 0;
  total_steps = 0;
  epoch.reset();
  learning_rate.reset();
  gradient_norm.reset();
  bar = leads = sure = nan_iterations = whole_epoch = false;
  text = 0;
  preliminary = has_eval = row = whole_object = block = false;
  rank.reset();
  step_at = epoch_at = learning_rate_at = gradient_norm_at = rank_at = kNowhere;
  record_at = 0;
  format = {};
  count_ = 0;
}

void Interpret(string_view line, const Fields& fields, const ReaderOptions& options, Record& reading) {
  Interpreter(line, fields, options, reading).Run();
}

}  // namespace lossd::records
