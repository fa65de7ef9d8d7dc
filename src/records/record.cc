#include "records/record.h"

#include <algorithm>
#include <array>
#include <utility>

#include "records/field_meaning.h"
#include "records/line_head.h"
#include "records/main_loss.h"
#include "records/meaning_in_record.h"
#include "records/number_place.h"
#include "records/scope.h"
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

class Interpreter {
 public:
  Interpreter(string_view line, const Fields& fields, const ReaderOptions& options, Record& record)
      : line_(line), fields_(fields), options_(options), record_(record) {}

  void Run() {
    record_.Clear();
    record_.format = FormatName();
    const bool evaluates = line_.find("Saving dict for global step") != string_view::npos;
    for (std::size_t i = 0; i < fields_.all.size(); ++i) {
      const Field& field = fields_.all[i];
      if (field.call || (field.quoted && !IsOfPrintedPair(field))) continue;
      Meaning meaning = Look(field, i);
      if (evaluates && meaning.phase == Phase::kUnsaid) meaning.phase = Phase::kValidation;
      Take(field, meaning);
    }
    if (IsDrawn()) record_.shape = Shape::kBar;
    // A number without a name may be a line of any list.
    if (step_name_ != nullptr) {
      const bool named = record_.step_rank >= kBatchNumber;
      const bool in_epoch = epoch_name_ != nullptr && !epoch_name_->name.empty() && !record_.IsBar() &&
                            (named || record_.total_steps != 0) && StandsAtHead(*epoch_name_);
      record_.announces = in_epoch || (named && StandsAtHead(*step_name_));
    }
    if (record_.loss_count() == 0) {
      if (epoch_name_ != nullptr && step_name_ == nullptr)
        record_.announces = StandsAtHead(*epoch_name_) || IsAnnouncedInWords(*epoch_name_);
      return;
    }
    record_.PutRewardsLast();
    NameSeries();
    record_.DropProxies();
    if (record_.loss_count() == 0) return;
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

  /// "iter: 4, lr: 0.01, 'loss': '576.6'": a pair of a dictionary whose braces were left out, in a record.
  bool IsOfPrintedPair(const Field& field) const {
    return field.joint == ':' && record_.step && field.at > 0 && (line_[field.at - 1] == '\'' || record_.learning_rate);
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

    Meaning meaning = MeaningOf(field);
    if (!field.group.empty()) meaning = LookInGroup(field, meaning);
    if (meaning.role == Role::kOther && !field.name.empty())
      meaning = MeaningInRecord(line_, fields_, i, record_, company_);
    if (meaning.role == Role::kOther && field.name.empty())
      meaning = MeaningByPlace(line_, fields_, i, record_.epoch.has_value());
    if (meaning.role == Role::kLoss) {
      if (!options_.loss_key.empty() && IsTrain(meaning.phase) && meaning.loss != LossKind::kComponent)
        meaning.loss = LossKind::kComponent;
      if (meaning.phase == Phase::kUnsaid) meaning.phase = field.phase;
    }
    return meaning;
  }

  void Take(const Field& field, const Meaning& meaning) {
    switch (meaning.role) {
      case Role::kStep:
        if (!field.unit && (!record_.step || IsBetterStep(field, meaning.rank))) {
          const auto step = text::AsStep(field.number);
          if (!step || *step < 0) break;
          record_.step = step;
          record_.step_rank = meaning.rank;
          record_.step_form = field.rounded ? StepForm::kRounded : StepForm::kExact;
          record_.total_steps = field.total;
          record_.step_at = field.at;
          step_name_ = &field;
        }
        has_bar_ = has_bar_ || field.bar;
        ++record_.counters;
        if (fields_.structure == Structure::kTable) company_.has_step_column = true;
        break;
      case Role::kEpoch:
        if (!field.unit && (!record_.epoch || meaning.rank > epoch_rank_)) {
          epoch_rank_ = meaning.rank;
          record_.epoch = field.number.value;
          record_.whole_epoch = field.number.integral;
          record_.epoch_at = field.at;
          epoch_name_ = &field;
        }
        break;
      case Role::kLearningRate:
        if (!field.unit)
          TakeScoped(field, record_.learning_rate, record_.learning_rate_at, record_.learning_rate_scope);
        break;
      case Role::kGradientNorm:
        if (!field.unit)
          TakeScoped(field, record_.gradient_norm, record_.gradient_norm_at, record_.gradient_norm_scope);
        break;
      case Role::kLoss:
        TakeLoss(field, meaning);
        break;
      case Role::kOther:
        if (!record_.rank && IsRank(field)) {
          record_.rank = text::AsStep(field.number);
          record_.rank_at = field.at;
        }
        if (field.name == "number of nan iterations" && field.number.value > 0) record_.nan_iterations = true;
        break;
    }
  }

  /// An exact count of a bar beats a step that is rounded ("32041/500150 [..., global_step=3.20e+4]"), and any other
  /// the one of a lower rank.
  bool IsBetterStep(const Field& field, std::uint8_t rank) const {
    if (record_.step_form == StepForm::kRounded && field.bar) return true;
    if (field.rounded && step_name_ != nullptr && step_name_->bar) return false;
    // A whole bar counts an epoch.
    const bool whole_bar = field.bar && field.number.value == field.total;
    return rank > record_.step_rank && !(whole_bar && step_name_ != nullptr && !step_name_->name.empty());
  }

  /// Of several the first counts, but one of the whole run before one of a network of several.
  static void TakeScoped(const Field& field, std::optional<double>& value, std::uint32_t& at, std::uint32_t& scope) {
    const std::uint32_t own = ScopeOf(field.name);
    if (value && (scope == 0 || own != 0)) return;
    value = field.number.value;
    at = field.at;
    scope = own;
  }

  void TakeLoss(const Field& field, const Meaning& meaning) {
    if (field.unit) return;
    const text::Words words(field.name);
    constexpr std::size_t kMostWords = 5;
    if (meaning.loss == LossKind::kComponent && words.size() > kMostWords) return;  // prose
    LossValue& loss = record_.Add();
    const Field& value = ValueOf(field);
    loss.value = value.number.value;
    loss.at = value.at;
    loss.name_begin = field.begin;
    loss.name_end = field.begin + static_cast<std::uint32_t>(field.name.size());
    if (field.joint == '|') record_.shape = Shape::kTableRow;
    loss.kind = meaning.loss;
    loss.phase = meaning.phase;
    // `tot_loss[loss=1.0]` is of the group; `{'Losses/train_all_loss': 3.3}` has a name of its own.
    // So is `{'losses': {'ner': 12.5}}`.
    const bool of_group = !field.group.empty() && words.size() == 1 && MeaningOf(field.group).role == Role::kLoss &&
                          IsNameOfGroup(field.name);
    loss.series.assign(of_group ? field.group : field.name);
    loss.scope = ScopeOf(field.name);
    loss.form =
        Hash(Hash(static_cast<unsigned char>(field.joint) + 1469598103934665603ULL, loss.series), record_.format);
    company_.names_phase_last = !words.empty() && PhaseOf(words.last()) != Phase::kUnsaid && words.size() > 1;
  }

  /// Whether a name within a group of losses tells no more than the group's.
  static bool IsNameOfGroup(string_view name) {
    return MeaningOf(name).role == Role::kLoss || name == "total" || name == "value" || name == "mean" || name == "avg";
  }

  /// "Train loss 100 0.523": the step stands between the name and the value.
  const Field& ValueOf(const Field& field) {
    const std::size_t next = static_cast<std::size_t>(&field - fields_.all.data()) + 1;
    if (field.joint != ' ' || !field.number.integral || field.total != 0 || next >= fields_.all.size()) return field;
    const Field& second = fields_.all[next];
    if (!second.name.empty() || second.unit || second.number.integral) return field;
    // "loss 6312:  0.1499"
    const std::size_t end = field.at + field.number.length;
    const bool colon = line_[end] == ':' && OnlyBlanks(line_.substr(end + 1, second.at - end - 1));
    if (second.at != end + 1 && !colon) return field;
    if (!record_.step) {
      record_.step = text::AsStep(field.number);
      record_.step_rank = kLeadingNumber;
      record_.step_at = field.at;
    }
    return second;
  }

  static bool OnlyBlanks(string_view text) { return text.find_first_not_of(' ') == string_view::npos; }

  /// Where the first field that means something begins.
  std::size_t RecordBegin() const {
    std::size_t begin = line_.size();
    for (const Field& field : fields_.all) {
      if (MeaningOf(field).role == Role::kOther) continue;
      begin = std::min<std::size_t>(begin, field.begin);
    }
    return begin;
  }

  bool StandsAtHead(const Field& field) const {
    return fields_.structure == Structure::kPairs && IsHeadOfLine(line_, field.begin);
  }
  bool IsAnnouncedInWords(const Field& field) const {
    return fields_.structure == Structure::kPairs && record_.whole_epoch && !field.name.empty() &&
           IsLedUpTo(line_, field.begin);
  }

  /// Gives the fixed names to the losses of the whole model, and says which of several stands for it.
  void NameSeries() {
    NameMainLosses(record_);
    for (std::size_t i = 0; i < record_.loss_count(); ++i) {
      LossValue& loss = record_.loss(i);
      // A component of an evaluation must not run into the same component of training.
      const bool own_name = loss.series != core::kTrainSeries && loss.series != core::kEvalSeries;
      if (own_name && !IsTrain(loss.phase) && MeaningOf(loss.series).phase == Phase::kUnsaid &&
          MetricMeaningOf(loss.series).phase == Phase::kUnsaid) {
        loss.series.insert(0, loss.phase == Phase::kTest ? "test_" : "eval_");
      }
      if (step_name_ != nullptr && record_.step_rank >= kBatchNumber) loss.form = Hash(loss.form, step_name_->name);
      // A bar and the line of a logger that uses the same word are two forms.
      if (fields_.structure == Structure::kPairs && step_name_ != nullptr && step_name_->bar)
        loss.form = Hash(loss.form, "bar");
    }
  }

  void Finish() {
    bool train = false, eval = false;
    for (std::size_t i = 0; i < record_.loss_count(); ++i) {
      LossValue& loss = record_.loss(i);
      train = train || loss.series == core::kTrainSeries;
      eval = eval || loss.series == core::kEvalSeries;
    }
    record_.has_eval = eval;
    record_.shape = ShapeOfRecord();
    if (record_.shape == Shape::kObject && IsNumberedObject(fields_)) ++record_.counters;
    const bool estimate = train && eval && fields_.structure == Structure::kPairs && record_.step_rank >= kBatchNumber;
    // DeepSpeed's pipeline engine tells each step just before Megatron does, to fewer digits.
    const bool pipeline_engine = line_.find(" iter time (s): ") != string_view::npos;
    const bool preliminary = record_.IsBar() || estimate || pipeline_engine;
    record_.standing = preliminary ? Standing::kPreliminary : Standing::kFinal;
    record_.record_at = static_cast<std::uint32_t>(RecordBegin());
    record_.text = text::HashOfRecord(line_.substr(record_.record_at));
    record_.layout = HashOfLetters(line_);
    KeepScope();
    const bool sure = (fields_.structure == Structure::kTable || record_.HasContext()) && !company_.must_repeat;
    record_.trust = sure ? Trust::kAtOnce : Trust::kRepeated;
  }

  /// "1|54|Loss: 1.1:  54%|#####    | 55/101 [15:04<11:17]" is a bar, and counts by itself.
  bool IsDrawn() const {
    return step_name_ != nullptr &&
           (step_name_->bar || (has_bar_ && (step_name_->name.empty() || record_.total_steps == 0)));
  }

  Shape ShapeOfRecord() const {
    const bool object = fields_.structure == Structure::kJson || fields_.structure == Structure::kPythonDict;
    if (object) return line_.starts_with('{') ? Shape::kObject : Shape::kLine;  // behind a bar it is no draw of it
    if (IsDrawn()) return Shape::kBar;
    if (fields_.structure == Structure::kTable && line_.starts_with('{')) return Shape::kObject;
    return record_.shape;
  }

  /// "critic/lr" is no rate of the actor's: where networks are told apart, rate and norm stay with the first loss that
  /// has them.
  void KeepScope() {
    const auto keep = [&](std::optional<double>& value, std::uint32_t& at, std::uint32_t& scope, Role role) {
      if (!value || scope == 0) return;
      const std::uint32_t wanted = MainScope();
      if (wanted == 0 || wanted == scope) return;
      for (const Field& field : fields_.all) {
        if (ScopeOf(field.name) != wanted || MeaningOf(field.name).role != role || field.unit) continue;
        value = field.number.value;
        at = field.at;
        scope = wanted;
        return;
      }
    };
    keep(record_.learning_rate, record_.learning_rate_at, record_.learning_rate_scope, Role::kLearningRate);
    keep(record_.gradient_norm, record_.gradient_norm_at, record_.gradient_norm_scope, Role::kGradientNorm);
  }

  /// Of the training loss, or of an actor's; else of the first loss.
  std::uint32_t MainScope() const {
    for (std::size_t i = 0; i < record_.loss_count(); ++i) {
      const LossValue& loss = record_.loss(i);
      if (loss.series == core::kTrainSeries || loss.series.starts_with("actor")) return loss.scope;
    }
    return record_.loss(0).scope;
  }

  string_view line_;
  const Fields& fields_;
  const ReaderOptions& options_;
  Record& record_;
  const Field* step_name_ = nullptr;
  const Field* epoch_name_ = nullptr;
  Company company_;
  bool has_bar_ = false;
  std::uint8_t epoch_rank_ = 0;
};

}  // namespace

LossValue& Record::Add() {
  if (count_ == losses_.size()) losses_.emplace_back();
  LossValue& loss = losses_[count_++];
  loss.series.clear();
  return loss;
}

void Record::PutRewardsLast() {
  std::stable_partition(losses_.begin(), losses_.begin() + static_cast<std::ptrdiff_t>(count_),
                        [](const LossValue& loss) { return loss.kind != LossKind::kReward; });
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

void Record::MoveTo(Phase phase) {
  for (std::size_t i = 0; i < count_; ++i) {
    LossValue& loss = losses_[i];
    if (loss.phase != Phase::kUnsaid) continue;
    loss.phase = phase;
    if (loss.series == core::kTrainSeries) {
      loss.series = core::kEvalSeries;
    } else if (loss.series != core::kEvalSeries) {
      loss.series.insert(0, phase == Phase::kTest ? "test_" : "eval_");
    }
  }
}

void Record::Clear() {
  std::vector<LossValue> losses = std::move(losses_);
  *this = Record();
  losses_ = std::move(losses);
}

void Interpret(string_view line, const Fields& fields, const ReaderOptions& options, Record& record) {
  Interpreter(line, fields, options, record).Run();
}

}  // namespace lossd::records
