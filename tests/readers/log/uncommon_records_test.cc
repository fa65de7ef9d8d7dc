// Records whose parts stand where fewer programs put them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "readers/log/reading_support.h"

namespace lossd::readers {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

TEST(Counters, OfEpochAndStepMayShareOneName) {
  EXPECT_THAT(ReadLog("eta: 0:37:59  epoch/iter: 0/257  total_loss: 56.5  lr: 0.5\n"
                      "eta: 0:37:54  epoch/iter: 1/399  total_loss: 55.5  lr: 0.25\n"),
              ElementsAre("train 56.5 @257 epoch 0 lr 0.5", "train 55.5 @399 epoch 1 lr 0.25"));
}

TEST(Counters, MayBeOneWordWithTheirNumber) {
  EXPECT_THAT(ReadLog("step-146352, learning_rate=0.5, loss=4.25\nstep-146353, learning_rate=0.5, loss=3.125\n"),
              ElementsAre("train 4.25 @146352 lr 0.5", "train 3.125 @146353 lr 0.5"));
}

TEST(Counters, MayEndASentence) {
  EXPECT_THAT(ReadLog("Step: 376. Epoch: 10/20. Iteration: 7/35. Cls loss: 0.5. Total loss: 0.75:  17%|#  | 6/35 "
                      "[00:48<01:56,  4.01s/it]\n"
                      "Step: 376. Epoch: 10/20. Iteration: 7/35. Cls loss: 0.5. Total loss: 0.75:  20%|#  | 7/35 "
                      "[00:48<01:30,  3.24s/it]\n"
                      "Step: 377. Epoch: 10/20. Iteration: 8/35. Cls loss: 0.25. Total loss: 0.5:  20%|#  | 7/35 "
                      "[00:49<01:30,  3.24s/it]\n"),
              ElementsAre("Cls loss 0.5 @376 epoch 10", "train 0.75 @376 epoch 10", "Cls loss 0.25 @377 epoch 10",
                          "train 0.5 @377 epoch 10"));
}

TEST(Counters, MayStandBehindThePlaceInTheProgram) {
  EXPECT_THAT(
      ReadLog("2018-12-11 11:27:01 INFO  train.py: [0/10], [9/32],step: 9, ctc loss: 126.5,acc: 0.0, lr:0.5\n"
              "2018-12-11 11:27:05 INFO  train.py: [0/10], [19/32],step: 19, ctc loss: 102.5,acc: 0.0, lr:0.5\n"),
      ElementsAre("train 126.5 @9 epoch 0 lr 0.5", "train 102.5 @19 epoch 0 lr 0.5"));
}

TEST(Counters, OfPassesCountEpochs) {
  EXPECT_THAT(ReadLog("[Pass 0, train batch 0]  loss 53.5, lr 0.5\n[Pass 0, train batch 10]   loss 21.5, lr 0.5\n"),
              ElementsAre("train 53.5 @0 epoch 0 lr 0.5", "train 21.5 @10 epoch 0 lr 0.5"));
}

TEST(Counters, BehindThePlaceOfALoggerAreToldOnceByEachProcess) {
  EXPECT_THAT(ReadLog("I1002 21:38:13.425730 139 logging_writer.py:35] [400] steps_per_second=1.5, train_loss=3.25\n"
                      "I1002 21:38:13.425510 140 logging_writer.py:35] [400] steps_per_second=1.25, train_loss=3.25\n"
                      "I1002 21:39:09.572115 140 logging_writer.py:35] [500] steps_per_second=1.5, train_loss=0.5\n"
                      "I1002 21:39:09.572078 139 logging_writer.py:35] [500] steps_per_second=1.25, train_loss=0.5\n"),
              ElementsAre("train 3.25 @400", "train 0.5 @500"));
}

TEST(Criteria, AreTheLossOfARecordThatTellsNoOther) {
  EXPECT_THAT(ReadLog(" Epoch[ 1 of 25]-Minibatch[   1-  10]: MeanSqErr.MSE = 851.5 * 2560; time = 0.2134s\n"
                      " Epoch[ 1 of 25]-Minibatch[  11-  20]: MeanSqErr.MSE = 804.5 * 2560; time = 0.2097s\n"),
              ElementsAre("train 851.5 @10 epoch 1", "train 804.5 @20 epoch 1"));
  EXPECT_THAT(ReadLog("Finished Epoch[ 1 of 15]: [Training] mse = 2975.5 * 6000; totalSamplesSeen = 6000\n"
                      "Finished Epoch[ 2 of 15]: [Training] mse = 2507.25 * 6000; totalSamplesSeen = 12000\n"),
              ElementsAre("train 2975.5 @1 epoch 1", "train 2507.25 @2 epoch 2"));
}

TEST(Criteria, MayBeCalledTheObjective) {
  EXPECT_THAT(ReadLog("  [   1] obj=53109.5   act=240660   err= 3.71%/25.41% time=0.23s/0.23s\n"
                      "  [   2] obj=16052.5   act=201733   err= 3.71%/25.41% time=0.14s/0.37s\n"),
              ElementsAre("train 53109.5 @1", "train 16052.5 @2"));
  EXPECT_THAT(ReadLog("iter=0 terr=0.75 serr=1.0 act=120 obj=1234.5 diff=1.0\n"
                      "iter=1 terr=0.25 serr=0.5 act=120 obj=123.5 diff=0.9\n"),
              ElementsAre("train 1234.5 @0", "train 123.5 @1"));
}

TEST(Phases, MayBeAllTheNamesOfTwoLosses) {
  EXPECT_THAT(ReadLog("Epoch 000: train=0.25 valid=0.5 best=0.5 duration=0.82 s\n"
                      "Epoch 001: train=0.125 valid=0.25 best=0.25 duration=2.16 s\n"),
              UnorderedElementsAre("train 0.25 @0 epoch 0", "eval 0.5 @0 epoch 0", "train 0.125 @1 epoch 1",
                                   "eval 0.25 @1 epoch 1"));
  EXPECT_THAT(ReadLog("Epoch 0 accuracy: train=0.25 valid=0.5\nEpoch 1 accuracy: train=0.5 valid=0.5\n"), IsEmpty());
}

TEST(Phases, MayBeTheValueOfAMember) {
  EXPECT_THAT(ReadLog("{\"name\": \"validation\", \"epoch\": 12, \"average loss\": 2.75}\n"
                      "{\"name\": \"validation\", \"epoch\": 13, \"average loss\": 2.5}\n"),
              ElementsAre("eval 2.75 @12 epoch 12", "eval 2.5 @13 epoch 13"));
}

TEST(Phases, MayStandBehindWhatASpinnerLeft) {
  EXPECT_THAT(ReadLog("Round 0\n\\Eval metrics: loss=0.75, accuracy=0.5\n\tTrain metrics: loss=0.5, accuracy=0.25\n"
                      "Round 1\n\\Eval metrics: loss=0.5, accuracy=0.75\n\tTrain metrics: loss=0.25, accuracy=0.75\n"),
              ElementsAre("eval 0.75 @0", "train 0.5 @0", "eval 0.5 @1", "train 0.25 @1"));
}

TEST(Phases, MayBeNamedAfterTheFileOfTheirSamples) {
  EXPECT_THAT(ReadLog("epoch: 1 | nupdates: 4 | loss: 844.5 | validation.lst-loss: 578.5\n"
                      "epoch: 2 | nupdates: 8 | loss: 470.5 | validation.lst-loss: 382.5\n"),
              ElementsAre("train 844.5 @4 epoch 1", "eval 578.5 @4 epoch 1", "train 470.5 @8 epoch 2",
                          "eval 382.5 @8 epoch 2"));
}

TEST(Pairs, MayBeQuotedAsInADictionaryWithoutItsBraces) {
  EXPECT_THAT(ReadLog("2020-09-25 18:39:47,914-INFO: iter: 0, lr: 0.5, 'loss': '7231.5', eta: 0:00:00\n"
                      "2020-09-25 18:40:34,280-INFO: iter: 2, lr: 0.5, 'loss': '2898.5', eta: 5:10:47\n"),
              ElementsAre("train 7231.5 @0 lr 0.5", "train 2898.5 @2 lr 0.5"));
}

TEST(Pairs, MayHaveTheirStepBehindTheValue) {
  EXPECT_THAT(ReadLog("losses/q1_loss 4.75 9000\nlosses/q1_loss 9.25 10000\nlosses/q1_loss 8.5 11000\n"),
              ElementsAre("losses/q1_loss 4.75 @9000", "losses/q1_loss 9.25 @10000", "losses/q1_loss 8.5 @11000"));
}

TEST(Announcements, MayStandBehindATimeAlone) {
  EXPECT_THAT(ReadLog("2016-11-25 17:41:55 STARTING Epoch 0009\n2016-11-25 17:41:55 Training model...\n"
                      "2016-11-25 18:29:38 Training loss=inf avg_cer=0.375 WER: 0.828431\n"),
              ElementsAre("train inf @9 epoch 9"));
}

TEST(Announcements, MayBeTheHeadOfARecordThatGoesOnBelow) {
  EXPECT_THAT(
      ReadLog("     INFO     x - INFO: Training, Epoch: 0, Step: 1, Global_Step: 1, Loss: distogram=4.125 fape=1.5\n"
              "              lddt=3.5 masked_msa=3.25 unscaled_loss=10.125 loss=162.5 drmsd_ca=26.0\n"
              "     INFO     x - INFO: Training, Epoch: 0, Step: 2, Global_Step: 2, Loss: distogram=4.125 fape=1.5\n"
              "              lddt=3.5 masked_msa=3.25 unscaled_loss=10.25 loss=160.5 drmsd_ca=22.5\n"),
      testing::AllOf(testing::Contains("train 162.5 @1 epoch 0"), testing::Contains("train 160.5 @2 epoch 0")));
}

TEST(Tables, ShowATrainingLossThatWasNeverANumber) {
  EXPECT_THAT(ReadLog("  epoch    train loss    valid loss    train/val    valid acc  dur\n"
                      "-------  ------------  ------------  -----------  -----------  -----\n"
                      "      1           nan       4.5                nan      0.00000  0.05s\n"
                      "      2           nan       4.25               nan      0.00000  0.04s\n"),
              UnorderedElementsAre("train nan @1 epoch 1", "eval 4.5 @1 epoch 1", "train nan @2 epoch 2",
                                   "eval 4.25 @2 epoch 2"));
}

TEST(TwoResolutions, MayUseTheSameWordInABarAndBelowIt) {
  EXPECT_THAT(
      ReadLog("==> Start Training Epoch 9, lr=0.5 ...\n"
              "loss=0.75 (0.5), lr=0.5: : 100% 17/17 [00:00<00:00, 98.34it/s]\n==> Finished Epoch 9, loss=0.5.\n"
              "==> Start Training Epoch 10, lr=0.25 ...\n"
              "loss=0.625 (0.375), lr=0.25: : 100% 17/17 [00:00<00:00, 98.12it/s]\n"
              "==> Finished Epoch 10, loss=0.375.\n"),
      testing::SizeIs(2));
}

TEST(CountedNumber, IsTheLossOnceItHasRepeated) {
  EXPECT_THAT(ReadLog("it 14: 0.000125\nit 15: 0.0025\nit 16: 0.000375\n"),
              ElementsAre("train 0.000125 @14", "train 0.0025 @15", "train 0.000375 @16"));
  EXPECT_THAT(ReadLog("1m 10s (- 9m 2s) (500 12%) 2.8125\n2m 20s (- 8m 2s) (1000 25%) 2.5625\n"
                      "3m 30s (- 7m 2s) (1500 37%) 2.3125\n"),
              ElementsAre("train 2.8125 @500", "train 2.5625 @1000", "train 2.3125 @1500"));
}

TEST(CountedNumber, WithoutANameNeedsALogOfTraining) {
  const std::string numbers = "10:\t-1.25125\n11:\t-1.35125\n12:\t-1.45125\n";
  EXPECT_THAT(ReadLog(numbers), ElementsAre());
  EXPECT_THAT(ReadLog("Epoch: 1\n" + numbers),
              ElementsAre("train -1.25125 @10 epoch 1", "train -1.35125 @11 epoch 1", "train -1.45125 @12 epoch 1"));
}

TEST(CountedNumber, IsNoneWhereTheCounterGoesBackAndForth) {
  EXPECT_THAT(ReadLog("Epoch: 1\n281:\t0.55125\n12:\t0.25125\n97:\t0.10125\n5:\t0.05125\n"), ElementsAre());
}

TEST(WholeCount, IsTheLengthOfAnEpochAndNoStep) {
  EXPECT_THAT(
      ReadLog("Epoch 1/3\n32/32 - 1s - loss: 0.5 - acc: 0.75\nEpoch 2/3\n32/32 - 1s - loss: 0.25 - acc: 0.75\n"),
      ElementsAre("train 0.5 @1 epoch 1", "train 0.25 @2 epoch 2"));
}

TEST(Columns, OfSeveralWordsArePartedByWideGaps) {
  EXPECT_THAT(ReadLog("Step    Rows/sec total_loss\n10      rows/sec: 57.5 +/- 0.5 (of = 3.5)    9.5\n"
                      "20      rows/sec: 67.5 +/- 3.5 (of = 9.5)    nan\n"),
              ElementsAre("train 9.5 @10", "train nan @20"));
}

TEST(PhasesAlone, AreLossesBesideAnIteration) {
  EXPECT_THAT(ReadLog("#Iter=  3\tTrain=12.25\tTest=13.5\n#Iter=  4\tTrain=11.25\tTest=13.25\n"),
              ElementsAre("train 12.25 @3", "eval 13.5 @3", "train 11.25 @4", "eval 13.25 @4"));
}

TEST(TextOfAPair, IsNoPartOfTheNameBehindIt) {
  EXPECT_THAT(ReadLog("model=small step 5 loss=0.5\n"), ElementsAre("train 0.5 @5"));
}

TEST(Comments, AreRecordsOnceTheyRepeat) {
  EXPECT_THAT(ReadLog("# Epoch 1: loss=2.5\n# Epoch 2: loss=2.25\n# Epoch 3: loss=2.125\n"),
              ElementsAre("train 2.5 @1 epoch 1", "train 2.25 @2 epoch 2", "train 2.125 @3 epoch 3"));
  EXPECT_THAT(ReadLog("# Epoch 1: loss=2.5\n# Epoch 1: loss=2.25\n# Epoch 1: loss=2.125\n"), IsEmpty());
  EXPECT_THAT(ReadLog("# step 1 has loss=2.5, if x=3\n# step 2 is loss = f(0.5)\n# the loss at step 3 is 0.5\n"),
              IsEmpty());
}

TEST(OnlyNumber, BesideACounterIsTheLossOnceItHasRepeated) {
  EXPECT_THAT(
      ReadLog("EPOCH #4  0.0725 (DEV: 0.0625)\nEPOCH #5  0.0525 (DEV: 0.0425)\nEPOCH #6  0.0325 (DEV: 0.0225)\n"),
      UnorderedElementsAre("train 0.0725 @4 epoch 4", "eval 0.0625 @4 epoch 4", "train 0.0525 @5 epoch 5",
                           "eval 0.0425 @5 epoch 5", "train 0.0325 @6 epoch 6", "eval 0.0225 @6 epoch 6"));
  EXPECT_THAT(ReadLog("epoch 4 |OOO--| 1.3125\nepoch 5 |OO---| 1.2125\nepoch 6 |OO---| 1.1125\n"),
              ElementsAre("train 1.3125 @4 epoch 4", "train 1.2125 @5 epoch 5", "train 1.1125 @6 epoch 6"));
  EXPECT_THAT(ReadLog("epoch 4 time 1.3125\nepoch 5 time 1.2125\nepoch 6 time 1.1125\n"), IsEmpty());
  EXPECT_THAT(ReadLog("epoch 4 12.5125 s\nepoch 5 12.2125 s\nepoch 6 12.1125 s\n"), IsEmpty());
}

TEST(Counters, MayHaveTheNameOfAModelBeforeThem) {
  EXPECT_THAT(ReadLog("TinyNet iter 5, Loss: 12.5\nTinyNet iter 6, Loss: 12\n"),
              ElementsAre("train 12.5 @5", "train 12 @6"));
  EXPECT_THAT(ReadLog("max iter 5, loss: 12.5\n"), testing::Not(testing::Contains(testing::HasSubstr("@5"))));
}

TEST(Counters, MayStandInBracketsOfTheirOwn) {
  EXPECT_THAT(ReadLog("[2/30][4] loss: 0.5\n[2/30][5] loss: 0.25\n"),
              ElementsAre("train 0.5 @4 epoch 2", "train 0.25 @5 epoch 2"));
}

TEST(Counters, MayStandBeforeTheirNounAloneOnALine) {
  EXPECT_THAT(ReadLog("2 epoch\nTrain loss 0.5\n3 epoch\nTrain loss 0.25\n"),
              ElementsAre("train 0.5 @2 epoch 2", "train 0.25 @3 epoch 3"));
}

TEST(Phases, AreToldByWhatWasDone) {
  EXPECT_THAT(ReadLog("Trained epoch 1 - Loss: 8.5\nValidated epoch 1 - Loss: 9.5\n"),
              UnorderedElementsAre("train 8.5 @1 epoch 1", "eval 9.5 @1 epoch 1"));
}

TEST(Errors, OfBothPhasesAreLosses) {
  EXPECT_THAT(ReadLog("epoch #8: training_error=-0.5, test_error=-0.25\n"),
              UnorderedElementsAre("train -0.5 @8 epoch 8", "eval -0.25 @8 epoch 8"));
}

TEST(ShortWords, KeepTheirPointInAName) {
  EXPECT_THAT(ReadLog("it: 1, avg. loss: 6.5, acc: 0.5\nit: 1, mem avg. loss: 2.5, acc: 0.5\n"
                      "it: 11, avg. loss: 5.5, acc: 0.5\nit: 11, mem avg. loss: 2.25, acc: 0.5\n"),
              UnorderedElementsAre("train 6.5 @1", "mem avg. loss 2.5 @1", "train 5.5 @11", "mem avg. loss 2.25 @11"));
}

TEST(Ranks, BeforeABarAndTheirMeanAreNoMixture) {
  const std::vector<std::string> samples = ReadLog(
      "Rank 1 | Epoch Loss: 0.515\nRank 0 | Epoch Loss: 0.525\nEpoch [1/3], Avg Loss: 0.52\n"
      "Rank 1 | Epoch Loss: 0.415\nRank 0 | Epoch Loss: 0.425\nEpoch [2/3], Avg Loss: 0.42\n"
      "Rank 0 | Epoch Loss: 0.325\nRank 1 | Epoch Loss: 0.315\nEpoch [3/3], Avg Loss: 0.32\n");
  EXPECT_THAT(samples, ElementsAre("train 0.52 @1 epoch 1", "train 0.42 @2 epoch 2", "train 0.32 @3 epoch 3"));
}

TEST(Tables, MayTellThePhaseInAColumn) {
  EXPECT_THAT(ReadLog("loss | epoch | train\n-- | -- | --\n0.75 | 0 | True\n0.5 | 0 | False\n0.25 | 1 | True\n"),
              ElementsAre("train 0.75 @0 epoch 0", "eval 0.5 @0 epoch 0", "train 0.25 @1 epoch 1"));
  EXPECT_THAT(ReadLog("epoch,phase,loss\n1,train,0.75\n1,val,0.5\n2,train,0.25\n"),
              ElementsAre("train 0.75 @1 epoch 1", "eval 0.5 @1 epoch 1", "train 0.25 @2 epoch 2"));
}

TEST(Tables, MayHoldNothingButLosses) {
  EXPECT_THAT(ReadLog("total loss\tscore loss\n0.75\t0.5\n0.5\t0.25\n"),
              UnorderedElementsAre("train 0.75", "score loss 0.5", "train 0.5", "score loss 0.25"));
}

TEST(Tables, MayStandBehindABarEvenOneThatIsCut) {
  EXPECT_THAT(ReadLog("----------] Epoch     Train log_loss      Test log_loss     Time cost (sec)\n"
                      "[    1%   ]     1              -nan               0.75               10.25\n"
                      "[    2%   ]     2              0.25               0.50                7.25\n"),
              UnorderedElementsAre("train nan @1 epoch 1", "eval 0.75 @1 epoch 1", "train 0.25 @2 epoch 2",
                                   "eval 0.5 @2 epoch 2"));
}

TEST(Bars, AboveTheFirstHeadingAreOfAnEpochOfTheirOwn) {
  EXPECT_THAT(
      ReadLog("200/200 [====] - 48s 24ms/step - loss: 0.75\nEpoch 2/3\n200/200 [====] - 48s 24ms/step - loss: 0.5\n"
              "Epoch 3/3\n200/200 [====] - 48s 24ms/step - loss: 0.25\n"),
      ElementsAre("train 0.75", "train 0.5 @2 epoch 2", "train 0.25 @3 epoch 3"));
}

}  // namespace
}  // namespace lossd::readers
