#include "records/vocabulary.h"

#include <gtest/gtest.h>

namespace lossd::records {
namespace {

TEST(Vocabulary, KnowsTheWholeBesideItsParts) {
  EXPECT_EQ(MeaningOf("tot_loss").loss, LossKind::kTotal);
  EXPECT_EQ(MeaningOf("Losses/train_all_loss").loss, LossKind::kTotal);
  EXPECT_EQ(MeaningOf("Losses/train_all_loss_dice").loss, LossKind::kCriterion);
  EXPECT_EQ(MeaningOf("closs").loss, LossKind::kCriterion);
  EXPECT_EQ(MeaningOf("gloss").role, Role::kOther);
}

TEST(Vocabulary, TakesCrossValidationForAProcedureWhereAPhaseStandsBesideIt) {
  EXPECT_EQ(MeaningOf("cv-train-logloss").phase, Phase::kTrain);
  EXPECT_EQ(MeaningOf("cv-test-logloss").phase, Phase::kTest);
  EXPECT_EQ(MeaningOf("cv_loss").phase, Phase::kValidation);
}

TEST(Vocabulary, KeepsEvaluationAndTestApart) {
  EXPECT_EQ(MeaningOf("Vali Loss").phase, Phase::kValidation);
  EXPECT_EQ(MeaningOf("dev_loss").phase, Phase::kValidation);
  EXPECT_EQ(MeaningOf("Test Loss").phase, Phase::kTest);
}

TEST(Vocabulary, PrefersAnEpochToWhatMayBeEpisodes) {
  EXPECT_EQ(MeaningOf("epch").role, Role::kEpoch);
  EXPECT_GT(MeaningOf("epch").rank, MeaningOf("ep").rank);
}

TEST(Vocabulary, KnowsGradientNorms) {
  for (const char* name : {"optim/total_grad_norm", "grdn", "grad norm", "gnorm", "actor/grad_norm"})
    EXPECT_EQ(MeaningOf(name).role, Role::kGradientNorm) << name;
  for (const char* name : {"max_grad_norm", "grad_clip", "param_norm"})
    EXPECT_NE(MeaningOf(name).role, Role::kGradientNorm) << name;
}

TEST(Vocabulary, TakesNoProseForALoss) {
  for (const char* name : {"Loss became infinite or", "loss scale", "lossless", "best val loss", "loss_fn"})
    EXPECT_EQ(MeaningOf(name).role, Role::kOther) << name;
}

}  // namespace
}  // namespace lossd::records
