#include "records/main_loss.h"

#include "core/sample.h"
#include "records/word_classes.h"
#include "text/words.h"

namespace lossd::records {
namespace {

/// "Loss" is the loss beside "MainLoss".
bool IsPlainer(const LossValue& loss, const LossValue& best) {
  const text::Words words(loss.series);
  return loss.kind == LossKind::kPlain && words.size() == 1 && (ClassesOf(words[0]) & kLossSynonym) == 0 &&
         text::Words(best.series).size() > 1 && loss.phase == best.phase;
}

template <typename Wanted>
bool NameBest(Record& record, Wanted wanted, const char* series) {
  LossValue* best = nullptr;
  bool rival = false;
  for (std::size_t i = 0; i < record.loss_count(); ++i) {
    LossValue& loss = record.loss(i);
    if (!wanted(loss.phase)) continue;
    // "epoch 3: perplexity: 7.4 eval_loss: 2.0": the measure is that of the loss beside it.
    if (loss.kind == LossKind::kProxy && loss.phase == Phase::kUnsaid && record.loss_count() > 1) continue;
    if (loss.kind == LossKind::kReward) continue;
    if (loss.kind == LossKind::kComponent) {
      rival = true;
    } else if (best == nullptr || loss.kind > best->kind || (loss.kind == best->kind && IsPlainer(loss, *best))) {
      best = &loss;
    }
  }
  // One criterion among other components is a component, too: "mse_loss: .. kl_loss: ..".
  if (best == nullptr || (best->kind == LossKind::kCriterion && rival)) return false;
  // So is "loss1" beside "loss2".
  if (rival && text::Words(best->series).last() == "loss1") return false;
  best->series = series;
  return true;
}

}  // namespace

void NameMainLosses(Record& record) {
  const auto of_training = [](Phase phase) { return phase == Phase::kUnsaid || phase == Phase::kTrain; };
  NameBest(record, of_training, core::kTrainSeries);
  const bool validation = NameBest(
      record, [](Phase phase) { return phase == Phase::kValidation; }, core::kEvalSeries);
  if (!validation) {
    NameBest(
        record, [](Phase phase) { return phase == Phase::kTest; }, core::kEvalSeries);
  }
}

}  // namespace lossd::records
