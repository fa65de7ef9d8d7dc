#include "records/series_names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lossd::records {
namespace {

using core::Role;
using testing::ElementsAre;
using testing::IsEmpty;

TEST(SeriesNames, TellTheRole) {
  for (const char* name : {"train", "eval", "loss", "val_loss", "total_loss", "train/loss", "lm loss", "nll_loss",
                           "cross_entropy", "epoch_loss", "Validation Loss", "something/total"}) {
    EXPECT_EQ(RoleOf(name), Role::kWhole) << name;
  }
  for (const char* name : {"loss_cls", "box_loss", "train/dfl_loss", "val_aux_output_loss", "loss_ce_0", "IC loss"}) {
    EXPECT_EQ(RoleOf(name), Role::kPart) << name;
  }
  for (const char* name : {"G_loss", "D_fake", "g_A_cyc_loss", "G_GAN", "discriminator_loss"}) {
    EXPECT_EQ(RoleOf(name), Role::kAdversarial) << name;
  }
  for (const char* name : {"policy_gradient_loss", "value_loss", "actor/pg_loss", "entropy_loss", "critic_loss"}) {
    EXPECT_EQ(RoleOf(name), Role::kPolicy) << name;
  }
  for (const char* name : {"avg_loss", "smooth_loss", "tot_loss", "train/ema_loss"}) {
    EXPECT_EQ(RoleOf(name), Role::kAverage) << name;
  }
  for (const char* name : {"reward", "episode/return", "val_accuracy"}) EXPECT_EQ(RoleOf(name), Role::kReward) << name;
}

TEST(SeriesNames, TellAnEvaluationAndItsTrainingLoss) {
  EXPECT_TRUE(IsEvaluation("eval"));
  EXPECT_TRUE(IsEvaluation("val/box_loss"));
  EXPECT_FALSE(IsEvaluation("train"));
  EXPECT_FALSE(IsEvaluation("value_loss"));
  EXPECT_THAT(TrainingCounterparts("eval"), ElementsAre("train"));
  EXPECT_THAT(TrainingCounterparts("val_loss"), ElementsAre("train_loss", "training_loss", "train"));
  EXPECT_THAT(TrainingCounterparts("val/box_loss"),
              ElementsAre("train/box_loss", "training/box_loss", "box_loss", "train"));
  EXPECT_THAT(TrainingCounterparts("train"), IsEmpty());
  EXPECT_THAT(TrainingCounterparts(""), IsEmpty());
}

}  // namespace
}  // namespace lossd::records
