// Losses that are never called so: the whole beside its parts, objectives, errors, measures of a criterion.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "readers/log/reading_support.h"

namespace lossd::readers {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

TEST(Totals, BesideTheirPartsAreTheLoss) {
  EXPECT_THAT(ReadLog("step 10, policy=6.25 mse=0.25 reg=0.5 total=7.5 (408.5 pos/s)\n"
                      "step 20, policy=5.25 mse=0.25 reg=0.5 total=6.5 (409.5 pos/s)\n"),
              ElementsAre("train 7.5 @10", "train 6.5 @20"));
  EXPECT_THAT(
      ReadLog("Epoch 1 | total: 2.5 | recon: 2.25 | kld: 0.25\nEpoch 2 | total: 1.5 | recon: 1.25 | kld: 0.25\n"),
      ElementsAre("train 2.5 @1 epoch 1", "train 1.5 @2 epoch 2"));
}

TEST(Totals, OfOtherThingsAreNone) {
  EXPECT_THAT(ReadLog("step 1, read: 0.25 write: 0.5 total: 0.75\nstep 2, read: 0.5 write: 0.5 total: 1.25\n"),
              IsEmpty());
  EXPECT_THAT(ReadLog("epoch 1 total: 12.5 data: 3.5 compute: 8.5\nepoch 2 total: 12.25 data: 3.5 compute: 8.5\n"),
              IsEmpty());
  EXPECT_THAT(ReadLog("step 1: total 10.5 s, policy 3.25 s\nstep 2: total 10.75 s, policy 3.5 s\n"), IsEmpty());
  EXPECT_THAT(ReadLog("Epoch 1 total: 12.5\nEpoch 2 total: 13.5\n"), IsEmpty());
}

TEST(Objectives, AreLossesOfAStep) {
  EXPECT_THAT(
      ReadLog("batch 10, epoch 0/8 global average objf: 2.5 over 300.0 frames, current batch average objf: 2.25\n"
              "batch 20, epoch 0/8 global average objf: 2.0 over 600.0 frames, current batch average objf: 1.25\n"),
      ElementsAre("train 2.25 @10 epoch 0", "train 1.25 @20 epoch 0"));
  EXPECT_THAT(ReadLog("step 10 objective 0.5\nstep 20 objective 0.25\n"),
              ElementsAre("train 0.5 @10", "train 0.25 @20"));
}

TEST(Measures, OfACriterionStandForTheLossOfAStep) {
  EXPECT_THAT(ReadLog("Step: 10  bpc: 2.5\nStep: 20  bpc: 2.25\n"), ElementsAre("train 2.5 @10", "train 2.25 @20"));
}

TEST(Errors, OfAnIterationMustRepeat) {
  EXPECT_THAT(ReadLog("Iteration: 10 Error: 0.5\nIteration: 20 Error: 0.25\nIteration: 30 Error: 0.125\n"),
              ElementsAre("train 0.5 @10", "train 0.25 @20", "train 0.125 @30"));
  EXPECT_THAT(ReadLog("Iteration: 10 Error: 0.5\nsolved\n"), IsEmpty());
  EXPECT_THAT(ReadLog("迭代 10，误差：0.5\n迭代 20，误差：0.25\n迭代 30，误差：0.125\n"),
              ElementsAre("train 0.5 @10", "train 0.25 @20", "train 0.125 @30"));
}

TEST(Errors, OfColumnsAreLossesWhereNoColumnIsOne) {
  EXPECT_THAT(ReadLog("'Validation error', 'Training error', 'Epoch'\n0.75, 0.5, 1\n0.5, 0.25, 2\n"),
              UnorderedElementsAre("eval 0.75 @1 epoch 1", "train 0.5 @1 epoch 1", "eval 0.5 @2 epoch 2",
                                   "train 0.25 @2 epoch 2"));
  EXPECT_THAT(ReadLog("epoch,train_error,train_loss\n1,0.75,0.5\n2,0.5,0.25\n"),
              ElementsAre("train 0.5 @1 epoch 1", "train 0.25 @2 epoch 2"));
  EXPECT_THAT(ReadLog("iter      tr_rmse      va_rmse\n   0       3.25       1.5\n   1       2.25       1.25\n"),
              UnorderedElementsAre("train 3.25 @0", "eval 1.5 @0", "train 2.25 @1", "eval 1.25 @1"));
}

}  // namespace
}  // namespace lossd::readers
