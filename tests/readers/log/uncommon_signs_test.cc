// Records with signs, words and numbers that few programs print, and behind prefixes that few machines put.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "readers/log/reading_support.h"

namespace lossd::readers {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

TEST(Signs, BetweenANameAndItsNumberMayBeSlips) {
  EXPECT_THAT(ReadLog("epoch:1, loss:%2.5, acc:%91.25\nepoch:2, loss:%2.25, acc:%92.25\n"),
              ElementsAre("train 2.5 @1 epoch 1", "train 2.25 @2 epoch 2"));
  EXPECT_THAT(ReadLog("step 1 loss: ~2.5\nstep 2 loss: ~2.2\n"), ElementsAre("train 2.5 @1", "train 2.2 @2"));
  EXPECT_THAT(ReadLog("epoch: 1, loss: %.4f\nepoch: 2, loss: %d\n"), IsEmpty());
}

TEST(Signs, MayTouchTheNameAndItsNumber) {
  EXPECT_THAT(ReadLog("epoch,1,loss,2.5\nepoch,2,loss,2.25\n"),
              ElementsAre("train 2.5 @1 epoch 1", "train 2.25 @2 epoch 2"));
  EXPECT_THAT(ReadLog("step|10 loss|2.5 lr|0.5\nstep|20 loss|2.25 lr|0.5\n"),
              ElementsAre("train 2.5 @10 lr 0.5", "train 2.25 @20 lr 0.5"));
}

TEST(Signs, MayBeArrowsAndAngles) {
  EXPECT_THAT(ReadLog("step → 10 loss → 2.5\nstep → 20 loss → 2.25\n"), ElementsAre("train 2.5 @10", "train 2.25 @20"));
  EXPECT_THAT(ReadLog("Step <10> Loss <2.5>\nStep <20> Loss <2.25>\n"), ElementsAre("train 2.5 @10", "train 2.25 @20"));
}

TEST(Signs, OfDrawnBoxesStandBeforeTheHeadOfALine) {
  EXPECT_THAT(ReadLog("┌ Info: Training\n│   epoch = 1\n│   loss = 2.5\n└   val_loss = 2.75\n"
                      "┌ Info: Training\n│   epoch = 2\n│   loss = 2.25\n└   val_loss = 2.5\n"
                      "┌ Info: Training\n│   epoch = 3\n│   loss = 2.125\n└   val_loss = 2.25\n"),
              UnorderedElementsAre("train 2.5 @1 epoch 1", "eval 2.75 @1 epoch 1", "train 2.25 @2 epoch 2",
                                   "eval 2.5 @2 epoch 2", "train 2.125 @3 epoch 3", "eval 2.25 @3 epoch 3"));
}

TEST(Prefixes, OfCommentsPromptsAndListsAreBelievedOnceTheyRepeat) {
  EXPECT_THAT(ReadLog("# [Epoch 1/9] loss=2.5 val_loss=3.5\n# [Epoch 2/9] loss=2.25 val_loss=3.25\n"
                      "# [Epoch 3/9] loss=2 val_loss=3.125\n"),
              UnorderedElementsAre("train 2.5 @1 epoch 1", "eval 3.5 @1 epoch 1", "train 2.25 @2 epoch 2",
                                   "eval 3.25 @2 epoch 2", "train 2 @3 epoch 3", "eval 3.125 @3 epoch 3"));
  EXPECT_THAT(ReadLog("# [10] loss: 2.5\n# [20] loss: 2.25\n# [30] loss: 2.125\n"),
              ElementsAre("train 2.5 @10", "train 2.25 @20", "train 2.125 @30"));
  EXPECT_THAT(ReadLog(">>> step 10 loss 2.5\n>>> step 20 loss 2.25\n>>> step 30 loss 2.125\n"),
              ElementsAre("train 2.5 @10", "train 2.25 @20", "train 2.125 @30"));
  EXPECT_THAT(ReadLog("// step 10 loss 2.5\n// step 20 loss 2.25\n// step 30 loss 2.125\n"),
              ElementsAre("train 2.5 @10", "train 2.25 @20", "train 2.125 @30"));
  EXPECT_THAT(ReadLog("* step 10 loss 2.5\n* step 20 loss 2.25\n* step 30 loss 2.125\n"),
              ElementsAre("train 2.5 @10", "train 2.25 @20", "train 2.125 @30"));
  EXPECT_THAT(ReadLog(">>> step = 10; loss = 2.5 if x else 3.5\n"), IsEmpty());
}

TEST(Prefixes, OfCommentsMayStandOnEachLineOfARecord) {
  EXPECT_THAT(ReadLog("fitted <- fit(model, epochs = 3)\n#> Epoch 1/3\n#> Train metrics: Loss: 2.5 - AUC: 0.5\n"
                      "#> Valid metrics: Loss: 2.75 - AUC: 0.5\n#> Epoch 2/3\n#> Train metrics: Loss: 2.25 - AUC: 0.5\n"
                      "#> Valid metrics: Loss: 2.5 - AUC: 0.5\n#> Epoch 3/3\n#> Train metrics: Loss: 2.125 - AUC: 0.5\n"
                      "#> Valid metrics: Loss: 2.25 - AUC: 0.5\n"),
              UnorderedElementsAre("train 2.5 @1 epoch 1", "eval 2.75 @1 epoch 1", "train 2.25 @2 epoch 2",
                                   "eval 2.5 @2 epoch 2", "train 2.125 @3 epoch 3", "eval 2.25 @3 epoch 3"));
  EXPECT_THAT(ReadLog("# Train loss: 2.5\n# Train loss: 2.25\n# Train loss: 2.125\n# Train loss: 2\n"), IsEmpty());
  EXPECT_THAT(ReadLog("* step 1: improve the build\nFix loss computation 2.5\n* step 2: improve the tests\n"
                      "Fix loss computation 3.5\n"),
              IsEmpty());
}

TEST(Prefixes, MayEndInALevelBeforeTheStep) {
  EXPECT_THAT(
      ReadLog(
          "22/06/01 10:06:44 ERROR Logger: 2022-06-01 10:06:44,668 INFO [15]    train-logloss:0.5  eval-logloss:1.5\n"
          "22/06/01 10:06:44 ERROR Logger: 2022-06-01 10:06:44,669 INFO [16]    train-logloss:0.25  "
          "eval-logloss:1.75\n"),
      UnorderedElementsAre("train 0.5 @15", "eval 1.5 @15", "train 0.25 @16", "eval 1.75 @16"));
}

TEST(Numbers, MayTouchTheNextName) {
  EXPECT_THAT(ReadLog("0:      learn 0.625passed: 17.4 sec      total: 3m 13s\n"
                      "1:      learn 0.5passed: 17.5 sec      total: 3m 30s\n"),
              ElementsAre("train 0.625 @0", "train 0.5 @1"));
  EXPECT_THAT(ReadLog("step 1 loss 2.5seconds: 3\nstep 2 loss 2.25seconds: 3\n"), IsEmpty());
}

TEST(Numbers, OfFileNamesAreNone) {
  EXPECT_THAT(ReadLog("Epoch 1: loss=2.5\nSaving model to ckpt/epoch=1-val_loss=0.125.ckpt\n"
                      "Epoch 2: loss=2.25\nSaving model to ckpt/epoch=2-val_loss=0.25.ckpt\n"),
              ElementsAre("train 2.5 @1 epoch 1", "train 2.25 @2 epoch 2"));
}

TEST(Prefixes, MayBeWordsAloneOrAPriorityOfSyslog) {
  EXPECT_THAT(ReadLog("<INFO> step 10 loss 2.5\n<INFO> step 20 loss 2.25\n"),
              ElementsAre("train 2.5 @10", "train 2.25 @20"));
  EXPECT_THAT(ReadLog("<TABLE> step 10 loss 2.5\n<TABLE> step 20 loss 2.25\n<TABLE> step 30 loss 2\n"), IsEmpty());
  EXPECT_THAT(ReadLog("trainer-abc-0 pytorch step 10 loss 2.5\ntrainer-abc-0 pytorch step 20 loss 2.25\n"),
              ElementsAre("train 2.5 @10", "train 2.25 @20"));
  EXPECT_THAT(ReadLog("<134>Jan  1 12:00:00 host trainer: step 10 loss 2.5\n"
                      "<134>Jan  1 12:00:01 host trainer: step 20 loss 2.25\n"),
              ElementsAre("train 2.5 @10", "train 2.25 @20"));
}

TEST(Objects, MayBePrintedLikeCalls) {
  EXPECT_THAT(ReadLog("StepResult(step=10, loss=2.5, lr=0.5)\nStepResult(step=20, loss=2.25, lr=0.5)\n"
                      "StepResult(step=30, loss=2.125, lr=0.5)\n"),
              ElementsAre("train 2.5 @10 lr 0.5", "train 2.25 @20 lr 0.5", "train 2.125 @30 lr 0.5"));
  EXPECT_THAT(ReadLog("TrainOutput(global_step=500, training_loss=1.5, metrics={'epoch': 3.0})\n"), IsEmpty());
}

TEST(Blanks, MayBeHard) {
  EXPECT_THAT(ReadLog("step\u00a010\u00a0loss\u00a02.5\nstep\u00a020\u00a0loss\u00a02.25\n"),
              ElementsAre("train 2.5 @10", "train 2.25 @20"));
}

TEST(Tensors, MayBeLists) {
  EXPECT_THAT(ReadLog("step 10 loss: tensor([2.5], device='cuda:0')\nstep 20 loss: tensor([2.25], device='cuda:0')\n"),
              ElementsAre("train 2.5 @10", "train 2.25 @20"));
}

TEST(Brackets, WithARangeSayOverWhatTheMeanIs) {
  EXPECT_THAT(ReadLog("  5%|#  | 50/1000 [00:00<00:01, 812.1it/s, init loss: 9.5, avg. loss [1-50]: 2.5]\n"
                      " 10%|#  | 100/1000 [00:00<00:01, 812.1it/s, init loss: 9.5, avg. loss [51-100]: 2.25]\n"),
              testing::IsSupersetOf({"train 2.5 @50", "train 2.25 @100"}));
}

TEST(Brackets, MayHoldTheEpochAndTheStepWithItsTotal) {
  EXPECT_THAT(ReadLog("[0: 1/142] train loss: 2.5 accuracy: 0.5\n[0: 2/142] train loss: 2.25 accuracy: 0.5\n"),
              ElementsAre("train 2.5 @1 epoch 0", "train 2.25 @2 epoch 0"));
}

TEST(Totals, MayBeSpoken) {
  EXPECT_THAT(ReadLog(" 10% (10 of 100) |#  | Elapsed Time: 0:00:01 ETA:   0:00:10 loss: 2.5\n"
                      " 20% (20 of 100) |## | Elapsed Time: 0:00:02 ETA:   0:00:09 loss: 2.25\n"),
              ElementsAre("train 2.5 @10", "train 2.25 @20"));
  EXPECT_THAT(ReadLog("Progress on:train 120it/1.00kit rate:3.2it/s elapsed:00:42 postfix:loss=2.5\n"
                      "Progress on:train 130it/1.00kit rate:3.2it/s elapsed:00:45 postfix:loss=2.25\n"),
              ElementsAre("train 2.5 @120", "train 2.25 @130"));
}

TEST(Totals, MayBeUnknownToABar) {
  EXPECT_THAT(ReadLog("Loss: 2.5: : 12it [00:30, 2.50s/it]\nLoss: 2.25: : 13it [00:32, 2.50s/it]\n"),
              ElementsAre("train 2.5 @12", "train 2.25 @13"));
}

TEST(Counters, MayStandBehindANumberSign) {
  EXPECT_THAT(ReadLog("[18:57:49] [#00100] Loss A: 2.5, Loss B: 3.5\n[18:57:50] [#00200] Loss A: 2.25, Loss B: 3.25\n"),
              UnorderedElementsAre("Loss A 2.5 @100", "Loss B 3.5 @100", "Loss A 2.25 @200", "Loss B 3.25 @200"));
  EXPECT_THAT(ReadLog("[21:03:45][#000100][0345ms][2.5000][3.5000]\n[21:03:46][#000200][0345ms][2.2500][3.2500]\n"),
              ElementsAre("train 2.5 @100", "train 2.25 @200"));
  EXPECT_THAT(ReadLog("#100 loss 2.5\n#200 loss 2.25\n#300 loss 2.125\n"),
              ElementsAre("train 2.5 @100", "train 2.25 @200", "train 2.125 @300"));
  EXPECT_THAT(ReadLog("[#512] Fix loss 2.5 regression\n[#513] Fix loss 3.5 regression\n"), IsEmpty());
  EXPECT_THAT(ReadLog("[10:00:00][#12][0.25ms][abc]\n[2][3][0.25]\n"), IsEmpty());
}

TEST(Counters, MayBeListedNamedBehindOrBeALetter) {
  EXPECT_THAT(ReadLog("100) loss 2.5\n200) loss 2.25\n"), ElementsAre("train 2.5 @100", "train 2.25 @200"));
  EXPECT_THAT(ReadLog("100 iterations, loss=2.5\n200 iterations, loss=2.25\n"),
              ElementsAre("train 2.5 @100", "train 2.25 @200"));
  EXPECT_THAT(ReadLog("i: 100, loss: 2.5\ni: 200, loss: 2.25\n"), ElementsAre("train 2.5 @100", "train 2.25 @200"));
}

TEST(Counters, MayEndASentenceAsWholeNumbers) {
  EXPECT_THAT(
      ReadLog(
          "Finished epoch 1. Train Loss: 2.5. Eval Loss: 2.75.\nFinished epoch 2. Train Loss: 2.25. Eval Loss: 2.5.\n"),
      UnorderedElementsAre("train 2.5 @1 epoch 1", "eval 2.75 @1 epoch 1", "train 2.25 @2 epoch 2",
                           "eval 2.5 @2 epoch 2"));
}

TEST(Means, MaySayOverHowMuch) {
  EXPECT_THAT(
      ReadLog("Step 100: average loss over last 100 steps: 2.5\nStep 200: average loss over last 100 steps: 2.25\n"),
      ElementsAre("train 2.5 @100", "train 2.25 @200"));
}

TEST(Names, OfValidationMayBeShort) {
  EXPECT_THAT(ReadLog("  1 | tr_loss 2.5 | va_loss 2.75 | 1.2s\n  2 | tr_loss 2.25 | va_loss 2.5 | 1.2s\n"),
              UnorderedElementsAre("train 2.5 @1", "eval 2.75 @1", "train 2.25 @2", "eval 2.5 @2"));
}

TEST(Languages, OfEurope) {
  const std::vector<std::string> wanted = {"train 2.5 @1 epoch 1", "train 2.25 @2 epoch 2"};
  EXPECT_EQ(ReadLog("Época 1: Pérdida: 2.5\nÉpoca 2: Pérdida: 2.25\n"), wanted);
  EXPECT_EQ(ReadLog("Époque 1: perte: 2.5\nÉpoque 2: perte: 2.25\n"), wanted);
  EXPECT_EQ(ReadLog("Epoca 1: perdita: 2.5\nEpoca 2: perdita: 2.25\n"), wanted);
  EXPECT_EQ(ReadLog("Epok 1: förlust: 2.5\nEpok 2: förlust: 2.25\n"), wanted);
  EXPECT_EQ(ReadLog("Epocha 1: ztráta: 2.5\nEpocha 2: ztráta: 2.25\n"), wanted);
  EXPECT_EQ(ReadLog("Епоха 1: втрати: 2.5\nЕпоха 2: втрати: 2.25\n"), wanted);
  EXPECT_EQ(ReadLog("Epok 1: kayıp: 2.5\nEpok 2: kayıp: 2.25\n"), wanted);
  EXPECT_THAT(ReadLog("Época 1/9, pérdida de entrenamiento: 2.5, pérdida de validación: 2.75\n"
                      "Época 2/9, pérdida de entrenamiento: 2.25, pérdida de validación: 2.5\n"),
              UnorderedElementsAre("train 2.5 @1 epoch 1", "eval 2.75 @1 epoch 1", "train 2.25 @2 epoch 2",
                                   "eval 2.5 @2 epoch 2"));
}

TEST(GroupsOfLosses, HoldLosses) {
  EXPECT_THAT(ReadLog("Iteration 0\nLosses {'ner': 12.5}\nIteration 1\nLosses {'ner': 11.5}\n"),
              ElementsAre("train 12.5 @0", "train 11.5 @1"));
  EXPECT_THAT(ReadLog("Losses at iteration 0 - 2020-05-13 12:34:56.789 {'ner': 12.5}\n"
                      "Losses at iteration 1 - 2020-05-13 12:34:57.789 {'ner': 11.5}\n"),
              ElementsAre("train 12.5 @0", "train 11.5 @1"));
  EXPECT_THAT(ReadLog("step 1 losses {'ner': 12.5, 'parser': 3.5, 'time': 9}\n"
                      "step 2 losses {'ner': 11.5, 'parser': 2.5, 'time': 9}\n"),
              UnorderedElementsAre("ner 12.5 @1", "parser 3.5 @1", "ner 11.5 @2", "parser 2.5 @2"));
  EXPECT_THAT(ReadLog("Losses {'GOOG': -12.5, 'AAPL': 3.5}\nLosses {'GOOG': -11.5, 'AAPL': -2.5}\n"
                      "Losses {'GOOG': -10.5, 'AAPL': -1.5}\n"),
              IsEmpty());
  EXPECT_THAT(ReadLog("step 1 loss: {'train': 2.5, 'val': 2.75}\nstep 2 loss: {'train': 2.25, 'val': 2.5}\n"),
              UnorderedElementsAre("train 2.5 @1", "eval 2.75 @1", "train 2.25 @2", "eval 2.5 @2"));
}

TEST(Signs, AroundTheNumberOfAnEpoch) {
  EXPECT_THAT(ReadLog("<2026-11-28 16:52:27.948> [INFO] Epoch#1. time: 5.5 s. train_loss: 2.5. val_loss: 2.75\n"
                      "<2026-11-28 16:52:33.948> [INFO] Epoch#2. time: 5.5 s. train_loss: 2.25. val_loss: 2.5\n"),
              UnorderedElementsAre("train 2.5 @1 epoch 1", "eval 2.75 @1 epoch 1", "train 2.25 @2 epoch 2",
                                   "eval 2.5 @2 epoch 2"));
  EXPECT_THAT(ReadLog("Epoch(1) loss 2.5\nEpoch(2) loss 2.25\n"),
              ElementsAre("train 2.5 @1 epoch 1", "train 2.25 @2 epoch 2"));
}

}  // namespace
}  // namespace lossd::readers
