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

TEST(Errors, AreTheLossOfAnEpochThatTellsNoOther) {
  EXPECT_THAT(ReadLog(">epoch=0, lrate=0.500, error=6.5\n>epoch=1, lrate=0.500, error=5.25\n"),
              ElementsAre("train 6.5 @0 epoch 0", "train 5.25 @1 epoch 1"));
  EXPECT_THAT(
      ReadLog("epoch 1 training rmse: 0.5 validation rmse: 0.75\nepoch 2 training rmse: 0.25 validation rmse: 0.5\n"),
      UnorderedElementsAre("train 0.5 @1 epoch 1", "eval 0.75 @1 epoch 1", "train 0.25 @2 epoch 2",
                           "eval 0.5 @2 epoch 2"));
  EXPECT_THAT(ReadLog("epoch 1 error 3\nepoch 2 error 4\n"), IsEmpty());
}

}  // namespace
}  // namespace lossd::readers
