// Records that are spread over many lines, and the order in which their lines come.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "readers/log/reading_support.h"

namespace lossd::readers {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

TEST(RowBlock, TakesTheStepFromBelowTheLoss) {
  EXPECT_THAT(ReadLog("---------------------\n| loss   | 0.512   |\n| mse    | 0.5     |\n| step   | 10      |\n"
                      "---------------------\n---------------------\n| loss   | 0.5     |\n| mse    | 0.4     |\n"
                      "| step   | 20      |\n---------------------\n"),
              ElementsAre("train 0.512 @10", "train 0.5 @20"));
}

TEST(RowBlock, BeginsAnewWhereANameComesAgain) {
  EXPECT_THAT(ReadLog("| step | 1   |\n| loss | 0.5 |\n| step | 2   |\n| loss | 0.4 |\n"),
              ElementsAre("train 0.5 @1", "train 0.4 @2"));
}

TEST(RowBlock, PassesOverRowsOfText) {
  EXPECT_THAT(ReadLog("| loss | 0.5 |\n| policy | MlpPolicy |\n| step | 3 |\n------\n"), ElementsAre("train 0.5 @3"));
}

TEST(RowBlock, TakesThePhaseFromAHeading) {
  EXPECT_THAT(
      ReadLog("| eval/    |      |\n|    loss  | 0.5  |\n| time/    |      |\n|    total_timesteps | 2048 |\n-----\n"),
      ElementsAre("eval 0.5 @2048"));
}

TEST(RowBlock, ReadsColumnsBelowARuleOfTwoParts) {
  EXPECT_THAT(ReadLog("----------------  -------\ntrainer/QF1 Loss      0.5\ntrainer/QF2 Loss      0.25\n"
                      "Epoch                   3\n----------------  -------\n"),
              ElementsAre("trainer/QF1 Loss 0.5 @3 epoch 3", "trainer/QF2 Loss 0.25 @3 epoch 3"));
}

TEST(ObjectLines, ReadsWhatPprintBroke) {
  EXPECT_THAT(ReadLog("{'accuracy': 0.5,\n 'loss': 2.5,\n 'step': 100}\n"), ElementsAre("train 2.5 @100"));
}

TEST(ObjectLines, JoinsTheStepThatStandsAbove) {
  EXPECT_THAT(ReadLog("train | step:    100 | steps/sec:   12.3 | output: \n    {'learning_rate': 0.1,\n     "
                      "'train_loss': 2.5}\n"),
              ElementsAre("train 2.5 @100 lr 0.1"));
}

TEST(ObjectLines, TellsAnObjectThatTwoLoggersPrintOnce) {
  EXPECT_THAT(ReadLog("INFO:tensorflow:Step 100 per-step time 0.5s\nmodel_lib_v2.py:705] Step 100 per-step time 0.5s\n"
                      "INFO:tensorflow:{'Loss/cls_loss': 0.5,\n 'Loss/total_loss': 1.5}\n"
                      "model_lib_v2.py:708] {'Loss/cls_loss': 0.5,\n 'Loss/total_loss': 1.5}\n"),
              ElementsAre("Loss/cls_loss 0.5 @100", "train 1.5 @100"));
}

TEST(ObjectLines, GivesUpAnObjectThatAnotherLineBreaks) {
  EXPECT_THAT(ReadLog("{'loss': 2.5,\nTraceback (most recent call last):\n 'step': 100}\n"), IsEmpty());
}

TEST(Blocks, EndAtARule) {
  EXPECT_THAT(ReadLog("Learning iteration 5/10\n  Value function loss: 0.5\n------------\n  Total timesteps: 9000\n\n"
                      "############\nLearning iteration 6/10\n  Value function loss: 0.4\n------------\n"),
              ElementsAre("Value function loss 0.5 @5", "Value function loss 0.4 @6"));
}

TEST(Tables, ReadAHeaderOfTwoLines) {
  EXPECT_THAT(ReadLog("average  since         example   current\nloss     last          counter   label\n"
                      "0.500000 0.400000            1   1.0000\n0.450000 0.400000            2   1.0000\n"),
              ElementsAre("train 0.5 @1", "train 0.45 @2"));
}

TEST(Tables, ReadAHeaderBehindAHash) {
  EXPECT_THAT(ReadLog("# Epoch batch         loss       loss_f\n      0     1         3.25         0.5\n"),
              ElementsAre("loss_f 0.5 @1 epoch 0", "train 3.25 @1 epoch 0"));
}

TEST(Tables, TakeAnErrorForTheLossWhereRowsAreCounted) {
  EXPECT_THAT(ReadLog("#  step      rmse_trn    lr\n    100      2.5e+00    1.0e-03\n"),
              ElementsAre("train 2.5 @100 lr 0.001"));
}

TEST(Tables, PassOverAColumnThatHasOnlyBeenNan) {
  EXPECT_THAT(
      ReadLog("Iter   TrainDeviance   ValidDeviance   StepSize\n     1          1.3042             nan     0.1\n"
              "     2          1.2907             1.5     0.1\n     3          1.2801             nan     0.1\n"),
      ElementsAre("train 1.3042 @1", "train 1.2907 @2", "eval 1.5 @2", "train 1.2801 @3", "eval nan @3"));
}

TEST(Tables, ReadRowsThatLackCellsByTheirPlaces) {
  EXPECT_THAT(ReadLog("epoch       iteration   main/loss   validation/main/loss  elapsed_time\n"
                      "1           100         2.5                               5.1\n"
                      "1           200         2.25        2.75                  9.9\n"),
              ElementsAre("train 2.5 @100 epoch 1", "train 2.25 @200 epoch 1", "eval 2.75 @200 epoch 1"));
}

TEST(Tables, ReadListsOfOne) {
  EXPECT_THAT(
      ReadLog("Step      Train loss    Test loss     Test metric\n0         [3.25e+00]    [3.50e+00]    []  \n"),
      ElementsAre("train 3.25 @0", "eval 3.5 @0"));
}

TEST(Tables, ReadARowForEachPhase) {
  EXPECT_THAT(ReadLog("Epoch      3\n╒═════╤═════╕\n│ survived │ loss │ accuracy │\n│ train │ 0.5 │ 0.8 │\n"
                      "│ validation │ 0.6 │ 0.7 │\n"),
              ElementsAre("train 0.5 @3 epoch 3", "eval 0.6 @3 epoch 3"));
}

TEST(Tables, ReadAHeaderWithSingleBlanksWhereARowFollows) {
  for (const std::string header :
       {"epoch train_loss val_loss", "# epoch train_loss val_loss", "Epoch Training Loss Validation Loss",
        "epoch train_loss val_loss\n---- ---- ----"}) {
    EXPECT_THAT(ReadLog(header + "\n1 2.5 2.75\n2 2.25 2.5\n"),
                UnorderedElementsAre("train 2.5 @1 epoch 1", "eval 2.75 @1 epoch 1", "train 2.25 @2 epoch 2",
                                     "eval 2.5 @2 epoch 2"));
  }
  EXPECT_THAT(ReadLog("epoch train_loss val_loss\n1 2.5\n2 2.25\n"), IsEmpty());
  EXPECT_THAT(ReadLog("epoch loss gain\n1 2 3\n"), IsEmpty());
  EXPECT_THAT(ReadLog("step loss lr\nstep size 3\n1 2.5 2.75\n"), IsEmpty());
}

TEST(Tables, ReadCellsInBrackets) {
  EXPECT_THAT(ReadLog("| step | train loss |\n|------|------|\n| [1/9] | 2.5 |\n| [2/9] | 2.25 |\n"),
              ElementsAre("train 2.5 @1", "train 2.25 @2"));
  EXPECT_THAT(ReadLog("step,train_loss\n[1],2.5\n[2],2.25\n"), ElementsAre("train 2.5 @1", "train 2.25 @2"));
}

TEST(Tables, ReadHeavyBars) {
  EXPECT_THAT(ReadLog("┏━━━━━━━┳━━━━━━━━━━━━┓\n┃ Epoch ┃ Train Loss ┃\n┡━━━━━━━╇━━━━━━━━━━━━┩\n"
                      "│     1 │       2.5  │\n│     2 │      2.25  │\n└───────┴────────────┘\n"),
              ElementsAre("train 2.5 @1 epoch 1", "train 2.25 @2 epoch 2"));
}

TEST(Tables, ReadDecimalCommasBetweenSemicolons) {
  EXPECT_THAT(ReadLog("step;train_loss;val_loss\n1;2,5;2,75\n2;2,125;2,5\n"),
              UnorderedElementsAre("train 2.5 @1", "eval 2.75 @1", "train 2.125 @2", "eval 2.5 @2"));
  EXPECT_THAT(ReadLog("step;loss\n1,000;2.5\n2,000;2.25\n"), ElementsAre("train 2.5 @1000", "train 2.25 @2000"));
}

TEST(Tables, NeedNoCounterBesideTheLossesOfBothPhases) {
  EXPECT_THAT(ReadLog("Time,Learning rate,Train loss,Validation loss\n1600.5,0.5,2.5,2.75\n1660.5,0.5,2.25,2.5\n"),
              UnorderedElementsAre("train 2.5 lr 0.5", "eval 2.75 lr 0.5", "train 2.25 lr 0.5", "eval 2.5 lr 0.5"));
}

TEST(Evaluation, IsAShortBarBehindTheWholeOneOfAnEpoch) {
  EXPECT_THAT(ReadLog("Epoch 1/2\n100/100 [====] - 2s - loss: 2.5\n10/10 [====] - 0s - loss: 2.75\n"
                      "Epoch 2/2\n100/100 [====] - 2s - loss: 2.25\n10/10 [====] - 0s - loss: nan\n"),
              UnorderedElementsAre("train 2.5 @1 epoch 1", "eval 2.75 @1 epoch 1", "train 2.25 @2 epoch 2",
                                   "eval nan @2 epoch 2"));
  EXPECT_THAT(ReadLog("Epoch 1/2\n100/100 [====] - 2s - loss: 2.5\nEpoch 1/2\n10/10 [====] - 0s - loss: 2.75\n"),
              ElementsAre("train 2.5 @1 epoch 1", "train 2.75 @1 epoch 1"));
  EXPECT_THAT(ReadLog("Epoch 1/2\n100/100 [====] - 2s - loss: 2.5 - val_loss: 2.75\nEpoch 2/2\n"
                      "100/100 [====] - 2s - loss: 2.25 - val_loss: 2.5\n10/10 [====] - 0s - loss: 2.375\n"),
              testing::Contains(testing::StartsWith("test 2.375")));
}

TEST(Announcements, OfBatchesAreNotThoseOfTheMeanOfAnEpoch) {
  EXPECT_THAT(ReadLog("==== Epoch 1 / 2 ====\n  Batch 40 of 241. Elapsed: 0:00:08.\n  Average training loss: 2.5\n"
                      "  Validation Loss: 2.75\n==== Epoch 2 / 2 ====\n  Batch 40 of 241. Elapsed: 0:00:08.\n"
                      "  Average training loss: 2.25\n  Validation Loss: 2.5\n"),
              UnorderedElementsAre("train 2.5 @1 epoch 1", "eval 2.75 @1 epoch 1", "train 2.25 @2 epoch 2",
                                   "eval 2.5 @2 epoch 2"));
}

TEST(Evaluation, IsWhatAHeadingAboveSays) {
  EXPECT_THAT(
      ReadLog("loss: 2.5  [  0/600]\nloss: 2.4  [ 64/600]\nTest Error: \n Accuracy: 44.7%, Avg loss: 2.25 \n\n"),
      ElementsAre("train 2.5 @0", "train 2.4 @64", "eval 2.25 @64"));
}

}  // namespace
}  // namespace lossd::readers
