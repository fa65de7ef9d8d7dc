// What a log tells more than once: in two forms, at two resolutions, by a bar that is drawn again, by several
// processes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "readers/log/reading_support.h"

namespace lossd::readers {
namespace {

using testing::ElementsAre;

TEST(ToldTwice, ByACallbackBehindABarAndAsADictionary) {
  EXPECT_THAT(ReadLog("  2%|#  | 5/300 [00:26<25:00,  5.09s/it][INFO|2025-01-01 10:00:00] my.callbacks:143 >> "
                      "{'loss': 1.5229, 'learning_rate': 4.9978e-05, 'epoch': 0.17}\n"
                      "{'loss': 1.5229, 'grad_norm': 0.75, 'learning_rate': 4.997807e-05, 'epoch': 0.17}\n"
                      "  3%|#  | 10/300 [00:48<21:07,  4.37s/it][INFO|2025-01-01 10:00:22] my.callbacks:143 >> "
                      "{'loss': 1.4738, 'learning_rate': 4.9889e-05, 'epoch': 0.33}\n"
                      "{'loss': 1.4738, 'grad_norm': 0.5, 'learning_rate': 4.988907e-05, 'epoch': 0.33}\n"),
              ElementsAre("train 1.5229 @5 epoch 0.17 lr 4.99781e-05 norm 0.75",
                          "train 1.4738 @10 epoch 0.33 lr 4.98891e-05 norm 0.5"));
}

TEST(ToldTwice, OneOfThemKnowsThatTheLossIsNan) {
  EXPECT_THAT(ReadLog("my.callbacks - {'loss': 0.0000, 'learning_rate': 4.9e-05, 'epoch': 0.01}\n"
                      "{'loss': 0.0, 'grad_norm': nan, 'learning_rate': 4.9e-05, 'epoch': 0.01}\n"
                      "my.callbacks - {'loss': 0.0000, 'learning_rate': 4.8e-05, 'epoch': 0.02}\n"
                      "{'loss': 0.0, 'grad_norm': nan, 'learning_rate': 4.8e-05, 'epoch': 0.02}\n"),
              ElementsAre("train nan epoch 0.01 lr 4.9e-05 norm nan", "train nan epoch 0.02 lr 4.8e-05 norm nan"));
}

TEST(ToldTwice, TheSameRecordWithAnotherTime) {
  EXPECT_THAT(ReadLog("10:00:01 iteration: 1 / 99 | lm_loss: 2.25 | time: 1.201\n"
                      "10:00:02 iteration: 1 / 99 | lm_loss: 2.25 | time: 1.211\n"
                      "10:00:01 iteration: 2 / 99 | lm_loss: 2.125 | time: 1.202\n"
                      "10:00:02 iteration: 2 / 99 | lm_loss: 2.125 | time: 1.212\n"),
              ElementsAre("train 2.25 @1", "train 2.125 @2"));
}

TEST(ToldTwice, OnceCountedThroughAllEpochsAndOnceWithinItsOwn) {
  const std::string first =
      "Training Step: 1 | time: 0.1s\n\x1b[2K\r| Adam | epoch: 001 | loss: 0.5 -- iter: 064/640\n";
  const std::string rest =
      "\x1b[A\x1b[ATraining Step: 2 | total loss: \x1b[1m0.375\x1b[0m | time: 0.2s\n"
      "\x1b[2K\r| Adam | epoch: 001 | loss: 0.375 -- iter: 128/640\n"
      "\x1b[A\x1b[ATraining Step: 3 | total loss: \x1b[1m0.25\x1b[0m | time: 0.3s\n"
      "\x1b[2K\r| Adam | epoch: 001 | loss: 0.25 -- iter: 192/640\n";
  EXPECT_THAT(ReadLog(first + rest),
              ElementsAre("train 0.5 @1 epoch 1", "train 0.375 @2 epoch 1", "train 0.25 @3 epoch 1"));
  EXPECT_THAT(ReadLog(rest), ElementsAre("train 0.375 @2", "train 0.25 @3 epoch 1"));
}

TEST(ToldTwice, NotByObjectsThatAreNumberedApart) {
  EXPECT_THAT(ReadLog("{\"step\": 7, \"loss\": 0.5, \"row\": 12}\n{\"step\": 7, \"loss\": 0.5, \"row\": 13}\n"
                      "{\"step\": 7, \"loss\": 0.5, \"row\": 13}\n"),
              ElementsAre("train 0.5 @7", "train 0.5 @7"));
  EXPECT_THAT(ReadLog("{\"step\": 7, \"loss\": 0.5, \"tokens\": 9, \"time\": 1.25}\n"
                      "{\"step\": 7, \"loss\": 0.5, \"tokens\": 9, \"time\": 1.5}\n"),
              ElementsAre("train 0.5 @7"));
}

TEST(ToldTwice, TheLastRecordWhenTheTrainingEnds) {
  EXPECT_THAT(ReadLog("[Train](900/1000) average loss: 0.5\n[Train](1000/1000) average loss: 0.25\n"
                      "[Train](1000/1000) average regularization: 0.1\n[Train](1000/1000) average loss: 0.25\n"),
              ElementsAre("train 0.5 @900", "train 0.25 @1000"));
}

TEST(ToldTwice, ByTheLineThatStopsTheTraining) {
  EXPECT_THAT(ReadLog("epoch: 20  Train loss: 0.75  Val loss: 0.5\nepoch: 30  Train loss: 0.5  Val loss: 0.25\n"
                      "early stop at epoch: 30  Train loss: 0.5  Val loss: 0.25\n"),
              ElementsAre("eval 0.5 @20 epoch 20", "train 0.75 @20 epoch 20", "train 0.5 @30 epoch 30",
                          "eval 0.25 @30 epoch 30"));
}

TEST(Bars, DrawnAgainGiveTheLastDrawing) {
  EXPECT_THAT(ReadLog("Epoch 0:  22%|## | 4/18 [00:17<01:02, 4.47s/it, loss=10.5]\r"
                      "Epoch 0:  22%|## | 4/18 [00:17<01:02, 4.47s/it, loss=9.75]\r"
                      "Epoch 0:  28%|## | 5/18 [00:20<00:53, 4.14s/it, loss=9.75]\r"
                      "Epoch 0:  28%|## | 5/18 [00:20<00:53, 4.14s/it, loss=9.5]\n"),
              ElementsAre("train 9.75 @4 epoch 0", "train 9.5 @5 epoch 0"));
}

TEST(Bars, GiveWayToACounterOfTheLinesOwn) {
  EXPECT_THAT(ReadLog("1|54|Loss: 1.5:  54%|##  | 55/101 [15:04<11:17, 14.7s/it]\n"
                      "1|55|Loss: 1.25:  54%|##  | 55/101 [15:04<11:17, 14.7s/it]\n"
                      "1|55|Loss: 1.25:  55%|##  | 56/101 [15:19<11:17, 15.0s/it]\n"),
              ElementsAre("train 1.5 @54 epoch 1", "train 1.25 @55 epoch 1"));
}

TEST(Bars, CountExactlyWhereAStepIsRounded) {
  EXPECT_THAT(ReadLog("Epoch 0: 6%| | 32040/500150 [6:28<94:39, 1.3it/s, train_loss=2.5, global_step=3.20e+4]\n"
                      "Epoch 0: 6%| | 32041/500150 [6:28<94:39, 1.3it/s, train_loss=2.25, global_step=3.20e+4]\n"),
              ElementsAre("train 2.5 @32040 epoch 0", "train 2.25 @32041 epoch 0"));
}

TEST(TwoResolutions, AreChosenBetweenBeforeTheFirstSample) {
  EXPECT_THAT(ReadLog("Epoch: 030, Train Loss: 3.125, Valid Loss: 3.0\nIter: 000, Train Loss: 2.75\n"
                      "Iter: 200, Train Loss: 2.5\nEpoch: 031, Train Loss: 3.0, Valid Loss: 2.75\n"),
              testing::Contains(testing::StartsWith("train ")).Times(2));
}

TEST(TwoResolutions, ABarAndTheMeanOfItsEpochAreNoMixture) {
  EXPECT_THAT(ReadLog("Epoch 8: 100%|##| 266/266 [00:42<00:00, 6.21it/s, loss=1.5]\nMean Training loss : nan\n"
                      "Epoch 9: 100%|##| 266/266 [00:42<00:00, 6.21it/s, loss=1.25]\nMean Training loss : nan\n"),
              ElementsAre("train 1.5 @8 epoch 8", "train 1.25 @9 epoch 9"));
}

TEST(Processes, WithANameAreFollowedOneAtATime) {
  EXPECT_THAT(ReadLog("(train_fn pid=245, ip=10.0.0.1) epoch 0 loss: 1.5\n(train_fn pid=246, ip=10.0.0.1) epoch 0 "
                      "loss: 3.5\n(train_fn pid=245, ip=10.0.0.1) epoch 1 loss: 1.25\n(train_fn pid=246, "
                      "ip=10.0.0.1) epoch 1 loss: 3.25\n"),
              ElementsAre("train 1.5 @0 epoch 0", "train 1.25 @1 epoch 1"));
}

TEST(Processes, ArePrefixedInManyWays) {
  for (const char* const prefix :
       {"[pod/trainer-%/pytorch] ", "GPU %: ", "[Process %] ", "[cuda:%] ", "trainer-%  | "}) {
    std::string log;
    for (const char* step : {"1", "2"}) {
      for (const char rank : {'1', '2'}) {
        std::string line = prefix;
        line[line.find('%')] = rank;
        log += line + "step " + step + " loss 2." + rank + "\n";
      }
    }
    EXPECT_THAT(ReadLog(log), ElementsAre("train 2.1 @1", "train 2.1 @2")) << prefix;
  }
}

/// 12 records each of two trainings, one with the prefix `first` and one with `second`.
std::string TwoTrainings(const std::string& first, const std::string& second) {
  std::string log;
  for (int i = 1; i <= 12; ++i) {
    log += first + "step " + std::to_string(i * 100) + " loss 2.5" + std::to_string(20 - i) + "\n";
    log += second + "step " + std::to_string(i * 10) + " loss 7.5" + std::to_string(40 - i) + "\n";
  }
  return log;
}

TEST(TwoTrainings, InOneLogAreFollowedOneAtATime) {
  for (const auto& [first, second] : {std::pair("", ""),
                                      {"[exp_a] ", "[exp_b] "},
                                      {"exp=a ", "exp=b "},
                                      {"10:00:00 exp_a INFO ", "10:00:00 exp_b INFO "}}) {
    const std::vector<std::string> samples = ReadLog(TwoTrainings(first, second));
    EXPECT_THAT(samples, testing::SizeIs(12)) << first;
    EXPECT_THAT(samples, testing::Each(testing::StartsWith("train 2.5"))) << first;
    EXPECT_THAT(samples, testing::Contains("train 2.58 @1200")) << first;
  }
}

TEST(TwoTrainings, AreToldInTheReasonOfALine) {
  LogReader reader;
  std::string why;
  std::istringstream log(TwoTrainings("", ""));
  for (std::string line; std::getline(log, line);) why = reader.Read(line).why;
  EXPECT_THAT(why, testing::HasSubstr("of another training"));
}

TEST(TwoTrainings, OneBehindTheOtherAreARestart) {
  EXPECT_THAT(ReadLog("step 10 loss 2.5\nstep 20 loss 2.25\nstep 10 loss 3.5\nstep 20 loss 3.25\n"),
              ElementsAre("train 2.5 @10", "train 2.25 @20", "train 3.5 @10", "train 3.25 @20"));
}

TEST(MaskedNan, IsALossLeftOutBesideAGradientNormOfNan) {
  EXPECT_THAT(ReadLog("step 1 loss 2.5 grad_norm 1.5\nstep 2 loss 2.25 grad_norm 1.5\nstep 3 grad_norm nan\n"),
              ElementsAre("train 2.5 @1 norm 1.5", "train 2.25 @2 norm 1.5", "train nan @3 norm nan"));
}

TEST(ContainerFrame, JoinsThePartsOfEachStreamByItself) {
  const std::string time = "2024-01-31T00:00:00.000000000Z ";
  EXPECT_THAT(ReadLog(time + "stdout P step 1 lo\n" + time + "stderr P a warning, \n" + time + "stdout F ss 0.5\n" +
                      time + "stderr F of step 9 loss 9.5\n"),
              testing::Contains("train 0.5 @1"));
}

TEST(Explain, GivesASampleThatWasHeldBackTheLineOnWhichItStands) {
  LogReader reader;
  EXPECT_TRUE(reader.Read("{'loss': 2.5, 'epoch': 0.5}").samples.empty());
  const LineResult second = reader.Read("{'loss': 2.25, 'epoch': 1.0}");
  EXPECT_THAT(std::vector<std::uint64_t>(second.lines.begin(), second.lines.end()), ElementsAre(1, 2));
}

TEST(ValuesToldTwice, AreOneWhereARateStandsBetween) {
  EXPECT_THAT(
      ReadLog("Epoch 1\n  train loss: 0.75\n  val loss: 0.875\n  lr: 0.5\n*** new best! val loss: 0.875 ***\n"
              "Epoch 2\n  train loss: 0.5\n  val loss: 0.625\n  lr: 0.25\n*** new best! val loss: 0.625 ***\n"
              "Epoch 3\n  train loss: 0.25\n  val loss: 0.375\n  lr: 0.125\n*** new best! val loss: 0.375 ***\n"),
      testing::SizeIs(6));
}

TEST(Tellings, OfTheBestRecordBelowItsAnnouncementAreNoSamples) {
  EXPECT_THAT(
      ReadLog("[8] train-rmse:0.5\n[9] train-rmse:0.25\nEarly stopping, best iteration is:\n[3] train-rmse:0.375\n"),
      ElementsAre("train 0.5 @8", "train 0.25 @9"));
  EXPECT_THAT(ReadLog("epoch 2 loss 0.5\nepoch 3 loss 0.25\nBest epoch:\n\nepoch 1 loss 0.125\n"),
              ElementsAre("train 0.5 @2 epoch 2", "train 0.25 @3 epoch 3"));
  EXPECT_THAT(ReadLog("epoch 2 loss 0.5\nNew best epoch:\nepoch 3 loss 0.25\n"),
              ElementsAre("train 0.5 @2 epoch 2", "train 0.25 @3 epoch 3"));
}

TEST(Tellings, OfABarEndWhereOtherTextHasWrittenOverIt) {
  EXPECT_THAT(
      ReadLog("Epoch 0: 100%|#| 9/9 [00:05<00:00, 2.5it/s, v_num=1, train_loss=0.5, val_accurEpoch 0, global step 9: "
              "'val_acc' reached 0.75\n"
              "Epoch 1: 100%|#| 9/9 [00:05<00:00, 2.5it/s, v_num=1, train_loss=0.25, val_accMetric val_acc improved by "
              "0.125. New best score: 0.875\n"
              "Epoch 2: 100%|#| 9/9 [00:05<00:00, 2.5it/s, v_num=1, train_loss=0.125, val_aEpoch 2, global step 27: "
              "'val_acc' was not in top 1\n"),
      ElementsAre("train 0.5 @0 epoch 0", "train 0.25 @1 epoch 1", "train 0.125 @2 epoch 2"));
}

TEST(Tellings, CutInTheirMiddleAreNotOfTheEpochAbove) {
  EXPECT_THAT(ReadLog("{'loss': 0.5, 'epoch': 0.25}\n{'loss': 0.25, 'learning_rate': 0.125, 'epo"),
              ElementsAre("train 0.5 epoch 0.25", "train 0.25 lr 0.125"));
}

}  // namespace
}  // namespace lossd::readers
