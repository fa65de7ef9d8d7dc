// Records told in sentences, in printed values and in lists of names.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "readers/log/reading_support.h"

namespace lossd::readers {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

TEST(PrintedTuples, ReadAsTheyWereMeant) {
  EXPECT_THAT(ReadLog("('Epoch:', 1, 'Loss:', 0.5)\n('Epoch:', 2, 'Loss:', 0.25)\n"),
              ElementsAre("train 0.5 @1 epoch 1", "train 0.25 @2 epoch 2"));
  EXPECT_THAT(ReadLog("(u'step', 10, u'loss', tensor(0.5))\n(u'step', 20, u'loss', tensor(0.25))\n"),
              ElementsAre("train 0.5 @10", "train 0.25 @20"));
  EXPECT_THAT(ReadLog("OrderedDict([('epoch', 1), ('loss', 0.5)])\nOrderedDict([('epoch', 2), ('loss', 0.25)])\n"),
              ElementsAre("train 0.5 @1 epoch 1", "train 0.25 @2 epoch 2"));
  EXPECT_THAT(ReadLog("epoch 1 [('loss', 0.5), ('acc', 0.75)]\nepoch 2 [('loss', 0.25), ('acc', 0.75)]\n"),
              ElementsAre("train 0.5 @1 epoch 1", "train 0.25 @2 epoch 2"));
}

TEST(PrintedTexts, MayStandInQuotes) {
  EXPECT_THAT(ReadLog("'Loss after epoch 0: 0.5'\n'Loss after epoch 1: 0.25'\n"),
              ElementsAre("train 0.5 @0 epoch 0", "train 0.25 @1 epoch 1"));
}

TEST(PrintedTensors, GiveTheirNumber) {
  EXPECT_THAT(
      ReadLog("epoch 1 loss: tf.Tensor(0.5, shape=(), dtype=float32)\n"
              "epoch 2 loss: <tf.Tensor: shape=(), dtype=float32, numpy=0.25>\n"
              "epoch 3 loss: [array(0.125, dtype=float32)]\n"
              "epoch 4 loss: [[0.75]]\n"),
      ElementsAre("train 0.5 @1 epoch 1", "train 0.25 @2 epoch 2", "train 0.125 @3 epoch 3", "train 0.75 @4 epoch 4"));
  EXPECT_THAT(ReadLog("loss(x, y) = param(0.5)\nloss(x, y) = param(0.25)\nloss(x, y) = param(0.125)\n"),
              ElementsAre("train 0.5", "train 0.25", "train 0.125"));
}

TEST(ToldCounters, MayStandBeforeTheirNoun) {
  EXPECT_THAT(ReadLog("After 1 training step(s), loss on training batch is 3.5.\n"
                      "After 1001 training step(s), loss on training batch is 0.25.\n"),
              ElementsAre("train 3.5 @1", "train 0.25 @1001"));
  EXPECT_THAT(ReadLog("第1轮 loss: 0.5\n第2轮 loss: 0.25\n"),
              ElementsAre("train 0.5 @1 epoch 1", "train 0.25 @2 epoch 2"));
  EXPECT_THAT(ReadLog("第1个epoch的loss：0.5\n第2个epoch的loss：0.25\n"),
              ElementsAre("train 0.5 @1 epoch 1", "train 0.25 @2 epoch 2"));
}

TEST(ToldCounters, MayStandBetweenNameAndValue) {
  EXPECT_THAT(ReadLog("Training loss epoch 1 : 0.5\nTraining loss epoch 2 : 0.25\n"),
              ElementsAre("train 0.5 @1 epoch 1", "train 0.25 @2 epoch 2"));
  EXPECT_THAT(ReadLog("Training loss (epoch 1): 0.5\nTraining loss (epoch 2): 0.25\n"),
              ElementsAre("train 0.5 @1 epoch 1", "train 0.25 @2 epoch 2"));
  EXPECT_THAT(ReadLog("Average loss in epoch 1 = 0.5\nAverage loss in epoch 2 = 0.25\n"),
              ElementsAre("train 0.5 @1 epoch 1", "train 0.25 @2 epoch 2"));
  EXPECT_THAT(ReadLog("Epoch:0-1/469, Negative loglikelihood: 9806.5\nEpoch:0-2/469, Negative loglikelihood: 9804.5\n"),
              ElementsAre("train 9806.5 @1 epoch 0", "train 9804.5 @2 epoch 0"));
}

TEST(NameLists, ComeBeforeListsOfNumbers) {
  EXPECT_THAT(ReadLog("Epoch 1 | train/val loss: 0.5/0.625\nEpoch 2 | train/val loss: 0.25/0.375\n"),
              UnorderedElementsAre("train 0.5 @1 epoch 1", "eval 0.625 @1 epoch 1", "train 0.25 @2 epoch 2",
                                   "eval 0.375 @2 epoch 2"));
  EXPECT_THAT(ReadLog("Epoch 1 loss (train/val) = 0.5/0.625\nEpoch 2 loss (train/val) = 0.25/0.375\n"),
              UnorderedElementsAre("train 0.5 @1 epoch 1", "eval 0.625 @1 epoch 1", "train 0.25 @2 epoch 2",
                                   "eval 0.375 @2 epoch 2"));
  EXPECT_THAT(ReadLog("Epoch 1: train_loss, val_loss: 0.5, 0.625\nEpoch 2: train_loss, val_loss: 0.25, 0.375\n"),
              UnorderedElementsAre("train 0.5 @1 epoch 1", "eval 0.625 @1 epoch 1", "train 0.25 @2 epoch 2",
                                   "eval 0.375 @2 epoch 2"));
  EXPECT_THAT(ReadLog("epoch 1 [loss, acc] = [0.5, 0.75]\nepoch 2 [loss, acc] = [0.25, 0.875]\n"),
              ElementsAre("train 0.5 @1 epoch 1", "train 0.25 @2 epoch 2"));
  EXPECT_THAT(ReadLog("Epoch 1, loss/acc: 0.5/0.75\nEpoch 2, loss/acc: 0.25/0.875\n"),
              ElementsAre("train 0.5 @1 epoch 1", "train 0.25 @2 epoch 2"));
}

TEST(NameLists, OfAnotherLengthTellNothing) {
  EXPECT_THAT(ReadLog("time, lr: 0.5, 0.25\ntime, lr: 0.5, 0.25\ntime, lr: 0.5, 0.25\n"), IsEmpty());
  EXPECT_THAT(ReadLog("Epoch 1, loss: 0.5, 0.75, acc\nEpoch 2, loss: 0.25, 0.75, acc\n"),
              ElementsAre("train 0.5 @1 epoch 1", "train 0.25 @2 epoch 2"));
}

TEST(Names, MayStandAboveTheirNumbers) {
  EXPECT_THAT(
      ReadLog("EPOCH:  18\ncurrent training loss is :\n1.5e-06\nEPOCH:  19\ncurrent training loss is :\n1.25e-06\n"),
      ElementsAre("train 1.5e-06 @18 epoch 18", "train 1.25e-06 @19 epoch 19"));
  EXPECT_THAT(ReadLog("Training loss:\nsee below\n0.5\n"), IsEmpty());
}

TEST(ValuesBeforeNames, AreReadAsDarknetPrintedThemFirst) {
  EXPECT_THAT(ReadLog("1: 806.5, 806.25 avg, 0.000000 rate, 3.264000 seconds, 64 images\n"
                      "2: 805.5, 806.125 avg, 0.500000 rate, 3.264000 seconds, 128 images\n"),
              ElementsAre("train 806.5 @1 lr 0", "train 805.5 @2 lr 0.5"));
  EXPECT_THAT(ReadLog("1: 806.5, 806.25 avg, 3 rate\n2: 805.5, 806.25 avg, 3 rate\n3: 804.5, 806.25 avg, 3 rate\n"),
              IsEmpty());
}

TEST(Errors, AreTheLossOfAnEpochThatTellsNoOther) {
  EXPECT_THAT(ReadLog(">epoch=0, lrate=0.500, error=6.5\n>epoch=1, lrate=0.500, error=5.25\n"),
              ElementsAre("train 6.5 @0 epoch 0", "train 5.25 @1 epoch 1"));
  EXPECT_THAT(
      ReadLog("epoch 1 training rmse: 0.5 validation rmse: 0.75\nepoch 2 training rmse: 0.25 validation rmse: 0.5\n"),
      UnorderedElementsAre("train 0.5 @1 epoch 1", "eval 0.75 @1 epoch 1", "train 0.25 @2 epoch 2",
                           "eval 0.5 @2 epoch 2"));
  EXPECT_THAT(ReadLog("iterations: 10, training error: 0.5\niterations: 20, training error: 0.25\n"),
              ElementsAre("train 0.5 @10", "train 0.25 @20"));
  EXPECT_THAT(ReadLog("epoch 1 error 3\nepoch 2 error 4\n"), IsEmpty());
}

TEST(NamesInBrackets, AreNames) {
  EXPECT_THAT(ReadLog("[epoch]: 3, [batch]: 10, [loss]: 0.5\n[epoch]: 3, [batch]: 20, [loss]: 0.25\n"),
              ElementsAre("train 0.5 @10 epoch 3", "train 0.25 @20 epoch 3"));
}

TEST(NameLists, OfExtremesGiveTheMean) {
  EXPECT_THAT(ReadLog("train: iter:    30, loss min|avg|max: 0.5|0.75| 3.5, ETA: 2:26:17\n"
                      "train: iter:    31, loss min|avg|max: 0.25|0.5| 2.5, ETA: 2:26:59\n"),
              ElementsAre("train 0.75 @30", "train 0.5 @31"));
}

TEST(ToldCounters, OfBatchesMayStandBehindADash) {
  EXPECT_THAT(ReadLog("INFO: epoch 1-599, loss: 0.5\nINFO: epoch 1-1197, loss: 0.25\n"),
              ElementsAre("train 0.5 @599 epoch 1", "train 0.25 @1197 epoch 1"));
}

TEST(ToldCounters, MayBeGluedToTheirNames) {
  EXPECT_THAT(ReadLog("ep1 it10 loss 0.5\nep1 it20 loss 0.25\n"),
              ElementsAre("train 0.5 @10 epoch 1", "train 0.25 @20 epoch 1"));
}

TEST(Arrows, LeadOnToValues) {
  EXPECT_THAT(ReadLog("Epoch 1: train_loss \xE2\x86\x92 0.5, val_loss \xE2\x86\x92 0.75\n"
                      "Epoch 2: train_loss \xE2\x86\x92 0.25, val_loss \xE2\x86\x92 0.5\n"),
              UnorderedElementsAre("train 0.5 @1 epoch 1", "eval 0.75 @1 epoch 1", "train 0.25 @2 epoch 2",
                                   "eval 0.5 @2 epoch 2"));
}

TEST(Costs, MayBeTimes) {
  EXPECT_THAT(ReadLog("epoch 1 train loss 0.5, cost 12.5 s\nepoch 2 train loss 0.25, cost 12.75 s\n"),
              ElementsAre("train 0.5 @1 epoch 1", "train 0.25 @2 epoch 2"));
  EXPECT_THAT(ReadLog("epoch 1\nTraining cost 12.5 seconds\nepoch 2\nTraining cost 12.75 seconds\n"), IsEmpty());
  EXPECT_THAT(ReadLog("epoch 1 train loss 0.5 cost 3.5\nepoch 2 train loss 0.25 cost 3.25\n"),
              UnorderedElementsAre("train 0.5 @1 epoch 1", "cost 3.5 @1 epoch 1", "train 0.25 @2 epoch 2",
                                   "cost 3.25 @2 epoch 2"));
}

TEST(Messages, OfStructuredLoggersAreLines) {
  EXPECT_THAT(ReadLog(R"({"level": "info", "msg": "step 10: loss=0.5", "time": "2026-01-01T00:00:00Z"})"
                      "\n"
                      R"({"level": "info", "msg": "step 20: loss=0.25", "time": "2026-01-01T00:00:01Z"})"
                      "\n"),
              ElementsAre("train 0.5 @10", "train 0.25 @20"));
}

TEST(Messages, MayBeEscapedOrObjectsThemselves) {
  EXPECT_THAT(ReadLog(R"({"level": "info", "message": "\"train\": step 10, loss=0.5\n"})"
                      "\n"
                      R"({"level": "info", "message": "\"train\": step 20, loss=0.25\n"})"
                      "\n"),
              ElementsAre("train 0.5 @10", "train 0.25 @20"));
  EXPECT_THAT(ReadLog(R"({"severity": "INFO", "log": "{\"step\": 10, \"loss\": 0.5}"})"
                      "\n"
                      R"({"severity": "INFO", "log": "{\"step\": 20, \"loss\": 0.25}"})"
                      "\n"),
              ElementsAre("train 0.5 @10", "train 0.25 @20"));
  EXPECT_THAT(ReadLog(R"({"event": "\u7b2c1\u8f6e loss: 0.5", "logger": "trainer"})"
                      "\n"
                      R"({"event": "\u7b2c2\u8f6e loss: 0.25", "logger": "trainer"})"
                      "\n"),
              ElementsAre("train 0.5 @1 epoch 1", "train 0.25 @2 epoch 2"));
  EXPECT_THAT(ReadLog(R"({"event": "epoch 3", "step": 10, "train_nll": 0.5})"
                      "\n"),
              ElementsAre("train 0.5 @10"));
}

TEST(Bullets, MayHoldRecords) {
  EXPECT_THAT(
      ReadLog("Epoch 1\n * Train loss: 0.5\n * Val loss: 0.75\nEpoch 2\n * Train loss: 0.25\n * Val loss: 0.5\n"),
      UnorderedElementsAre("train 0.5 @1 epoch 1", "eval 0.75 @1 epoch 1", "train 0.25 @2 epoch 2",
                           "eval 0.5 @2 epoch 2"));
  EXPECT_THAT(ReadLog("* loss weight: 0.5\n* Loss is computed per batch.\n* loss: 0.5\n* loss: 0.25\n* loss: 0.75\n"),
              IsEmpty());
}

TEST(Headings, SayWhichPassTheLossesBelowAreOf) {
  EXPECT_THAT(ReadLog("Epoch: 1\n[Training]\n  loss: 0.5\n[Validation]\n  loss: 0.75\n"
                      "Epoch: 2\n[Training]\n  loss: 0.25\n[Validation]\n  loss: 0.5\n"
                      "Epoch: 3\n[Training]\n  loss: 0.125\n[Validation]\n  loss: 0.25\n"),
              UnorderedElementsAre("train 0.5 @1 epoch 1", "eval 0.75 @1 epoch 1", "train 0.25 @2 epoch 2",
                                   "eval 0.5 @2 epoch 2", "train 0.125 @3 epoch 3", "eval 0.25 @3 epoch 3"));
}

TEST(Parts, InPairsAreBelievedWhenTheyRepeat) {
  EXPECT_THAT(ReadLog("loss_A: 0.5, loss_B: 0.75\nloss_A: 0.25, loss_B: 0.5\n"
                      "loss_A: 0.125, loss_B: 0.25\n"),
              ElementsAre("loss_A 0.5", "loss_B 0.75", "loss_A 0.25", "loss_B 0.5", "loss_A 0.125", "loss_B 0.25"));
}

TEST(Verbs, OfChineseLeadToTheValue) {
  EXPECT_THAT(ReadLog("第10次迭代，损失为0.5\n第20次迭代，损失为 0.25\n"),
              ElementsAre("train 0.5 @10", "train 0.25 @20"));
}

}  // namespace
}  // namespace lossd::readers
