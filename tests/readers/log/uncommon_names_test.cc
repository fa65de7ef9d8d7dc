// Numbers, steps, epochs and names as fewer programs write them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "readers/log/reading_support.h"

namespace lossd::readers {
namespace {

using testing::ElementsAre;
using testing::UnorderedElementsAre;

TEST(Steps, MayBeAbbreviated) {
  EXPECT_THAT(ReadLog("step:800 ep:13 epch:0.65 loss:2.5 grdn:54.5\nstep:1K ep:17 epch:0.82 loss:2.25 grdn:45.5\n"
                      "step:1K ep:20 epch:0.99 loss:2.125 grdn:34.5\n"),
              ElementsAre("train 2.5 @800 epoch 0.65 norm 54.5", "train 2.25 @1000 epoch 0.82 norm 45.5",
                          "train 2.125 @1000 epoch 0.99 norm 34.5"));
  EXPECT_THAT(ReadLog("{| Epoch: 75 (1158/1158) | Loss: 3.5 | 1.4 steps/s | Step: 86k | }\n"),
              ElementsAre("train 3.5 @86000 epoch 75"));
}

TEST(Steps, AreNoRanks) {
  EXPECT_THAT(ReadLog("0: loss 2.75\n100: loss 2.5\n200: loss 2.25\n"),
              ElementsAre("train 2.75 @0", "train 2.5 @100", "train 2.25 @200"));
}

TEST(Steps, MayStandBeforeTheValue) {
  EXPECT_THAT(ReadLog("Train loss 6312:  0.125\n"), ElementsAre("train 0.125 @6312"));
}

TEST(Steps, MayStandBehindAPrefix) {
  EXPECT_THAT(ReadLog("2025-12-01 12:10:57,884 [INFO] 350, train_loss=0.25, LR=0.5, time 1736.08s\n"),
              ElementsAre("train 0.25 @350 lr 0.5"));
}

TEST(Steps, OfAnEnvironmentAreThoseOfTheRun) {
  EXPECT_THAT(ReadLog("Epoch #1: 501it [00:40, 12.5it/s, env_step=500, loss=-0.5]\n"
                      "Epoch #2: 501it [00:40, 12.3it/s, env_step=1000, loss=-0.25]\n"),
              ElementsAre("train -0.5 @500 epoch 1", "train -0.25 @1000 epoch 2"));
}

TEST(Steps, OfTheRunBeatThoseOfABarThatIsFull) {
  EXPECT_THAT(ReadLog("e 1 s 833 prog 20.00% : loss 1.5 lr 0.5: 100%|####| 833/833 [03:21<00:00,  4.13it/s]\n"
                      "e 2 s 1666 prog 40.00% : loss 1.25 lr 0.25: 100%|####| 833/833 [03:17<00:00,  4.21it/s]\n"),
              ElementsAre("train 1.5 @833 lr 0.5", "train 1.25 @1666 lr 0.25"));
}

TEST(Steps, AreNoEpochsWithSeveralSamples) {
  EXPECT_THAT(ReadLog("Epoch 25\nLoss = 3.5, GNorm = 0.5, lr_0 = 0.125\nLoss = 3.25, GNorm = 0.75, lr_0 = 0.125\n"),
              ElementsAre("train 3.5 epoch 25 lr 0.125 norm 0.5", "train 3.25 epoch 25 lr 0.125 norm 0.75"));
}

TEST(Names, MayBeOfALanguageWithoutBlanks) {
  EXPECT_THAT(ReadLog("训练次数：100, Loss：1.5\n训练次数：200, Loss：1.25\n整体测试集上的Loss: 262.5\n"),
              ElementsAre("train 1.5 @100", "train 1.25 @200", "eval 262.5 @200"));
  EXPECT_THAT(ReadLog("エポック: 3, 学習損失: 0.5, 検証損失: 0.75, 学習率: 0.125\n"),
              UnorderedElementsAre("eval 0.75 @3 epoch 3 lr 0.125", "train 0.5 @3 epoch 3 lr 0.125"));
  EXPECT_THAT(ReadLog("迭代次数: 40 平均损失值: 0.5 学习率: 0.25\n"), ElementsAre("train 0.5 @40 lr 0.25"));
  EXPECT_THAT(ReadLog("Epoche 3/10 Verlust: 0,75\n"), ElementsAre("train 0.75 @3 epoch 3"));
}

TEST(Names, OfTheBestSoFarAreNone) {
  EXPECT_THAT(ReadLog("epoch 1, 训练损失: 0.5, 最佳验证损失: 0.75\nepoch 2, 训练损失: 0.25, 최저 손실: 0.75\n"),
              ElementsAre("train 0.5 @1 epoch 1", "train 0.25 @2 epoch 2"));
}

TEST(Names, ThatAreNumberedAreOfParts) {
  EXPECT_THAT(ReadLog("epoch: 18\nloss1:2.5, loss2: 0.5, loss3: 0.25\n"),
              ElementsAre("loss1 2.5 @18 epoch 18", "loss2 0.5 @18 epoch 18", "loss3 0.25 @18 epoch 18"));
  EXPECT_THAT(ReadLog("train: epoch 1, iter:10, loss1u: nan, loss2u: 0.5, lr: 0.125\n"),
              ElementsAre("loss1u nan @10 epoch 1 lr 0.125", "loss2u 0.5 @10 epoch 1 lr 0.125"));
}

TEST(Names, OfAnAddressAreNone) {
  EXPECT_THAT(ReadLog("GET /run?step=5&loss=0.5&lr=0.1 HTTP/1.1 200\nGET /run?step=6&loss=0.25&lr=0.1 HTTP/1.1 200\n"),
              ElementsAre());
}

TEST(Names, MayBeTheValueOfAMember) {
  EXPECT_THAT(
      ReadLog("{\"name\": \"loss\", \"data\": {\"epoch\": 0.01, \"step\": 1, \"value\": 3.5, \"timestamp\": \"x\"}}\n"),
      ElementsAre("train 3.5 @1 epoch 0.01"));
}

TEST(Epochs, MayBeAnnouncedInWords) {
  for (const char* line : {"Training at epoch 4 (total 9)", "epoch_loop - Going into epoch 4", "===> Epoch[4] start!",
                           "Starting epoch 4"}) {
    EXPECT_THAT(ReadLog(std::string(line) + "\n  batch count: 20/308, iter: 20, loss: 0.25\n"),
                ElementsAre("train 0.25 @20 epoch 4"))
        << line;
  }
}

TEST(Epochs, ThatAreFractionsAreNoSteps) {
  EXPECT_THAT(ReadLog("{'loss': '1.5', 'epoch': '0.8'}\n{'loss': '1.25', 'epoch': '1'}\n"),
              ElementsAre("train 1.5 epoch 0.8", "train 1.25 epoch 1"));
}

TEST(Names, MayHoldAComma) {
  EXPECT_THAT(ReadLog("Iter: 300    training-loss, overall: 0.25    \n"), ElementsAre("train 0.25 @300"));
}

TEST(Names, EndAtATab) {
  EXPECT_THAT(ReadLog("Epoch[0] Batch [100]\tSpeed: 15.69 samples/sec\tTrain-loss=0.25\n"),
              ElementsAre("train 0.25 @100 epoch 0"));
}

TEST(Names, OfAGroupMayBeProse) {
  EXPECT_THAT(ReadLog("Losses and meters: {'Losses/train_all_loss': 3.25, 'Losses/train_all_loss_dice': 2.25, "
                      "'Trainer/epoch': 3}\n"),
              testing::Contains("train 3.25 @3 epoch 3"));
}

TEST(Names, MayHaveADictionaryAsTheirValue) {
  EXPECT_THAT(ReadLog("step=642 loss=2.25 lr=1e-05 grad_norm={'0_default': 2.5, '1_fp32': 0.0} micro_num=16\n"),
              ElementsAre("train 2.25 @642 lr 1e-05 norm 2.5"));
}

TEST(Names, OfPerplexityStandForTheLossWhereNoneIs) {
  EXPECT_THAT(ReadLog("global step 400 learning rate 0.5 step-time 1.64 perplexity 7.5\n  eval: perplexity 7.25\n"),
              ElementsAre("train 7.5 @400 lr 0.5", "eval 7.25 @400"));
}

TEST(Rewards, MayBeOfANumberOfEpisodes) {
  EXPECT_THAT(ReadLog("---------------------------------\n| episodes                | 100    |\n"
                      "| mean 100 episode reward | -59.75 |\n| steps                   | 1841   |\n"
                      "---------------------------------\n"),
              ElementsAre("mean 100 episode reward -59.75 @1841"));
}

TEST(Rewards, AreSeriesOfTheirOwn) {
  EXPECT_THAT(ReadLog("{'loss': 0.25, 'reward': 1.5, 'reward_std': 0.5, 'kl': 0.125, 'epoch': 0.5}\n"),
              testing::UnorderedElementsAre("train 0.25 epoch 0.5", "reward 1.5 epoch 0.5", "kl 0.125 epoch 0.5"));
  EXPECT_THAT(ReadLog("global_step=1024, episodic_return=21.5\nglobal_step=2048, episodic_return=22.5\n"),
              ElementsAre("episodic_return 21.5 @1024", "episodic_return 22.5 @2048"));
  EXPECT_THAT(
      ReadLog(
          "| rollout/           |          |\n|    ep_rew_mean     | 12.5     |\n| time/              |          |\n"
          "|    total_timesteps | 2048     |\n--------------------\n"),
      ElementsAre("ep_rew_mean 12.5 @2048"));
  EXPECT_THAT(ReadLog("KL divergence is starting to become negative: -1.5 - this might be a precursor\n"),
              testing::IsEmpty());
}

TEST(Rates, OfOneNetworkAreNotThoseOfAnother) {
  EXPECT_THAT(ReadLog("step:101 - critic/vf_loss:0.5 - critic/grad_norm:19.5 - critic/lr:0.25 - actor/pg_loss:0.125 - "
                      "actor/grad_norm:1.5 - actor/lr:1e-06\n"),
              ElementsAre("critic/vf_loss 0.5 @101", "actor/pg_loss 0.125 @101 lr 1e-06 norm 1.5"));
}

TEST(Rates, MayBeThoseOfABase) {
  EXPECT_THAT(ReadLog("2/9 * Epoch 2 (train): _base/lr=0.125 | _base/momentum=0.9 | loss=0.5\n"),
              ElementsAre("train 0.5 @2 epoch 2 lr 0.125"));
}

TEST(Rates, OfAConfigurationAreNoSamples) {
  EXPECT_THAT(
      ReadLog("optimizer: 'optimizer=auto' found, ignoring 'lr0=0.01' and 'momentum=0.9'\nlearning_rate: 2e-05\n"
              "step 1 loss 2.5\n"),
      ElementsAre("train 2.5 @1"));
}

TEST(GradientNorms, MayStandOnALineAboveTheLoss) {
  EXPECT_THAT(ReadLog("INFO    [step=1/739328,epoch=0]\n    optim/total_grad_norm=231.5\n    "
                      "train/CrossEntropyLoss=12.125\n"),
              ElementsAre("train 12.125 @1 epoch 0 norm 231.5"));
}

TEST(Numbers, ThatAreNoneAreWrittenInManyWays) {
  for (const char* nan : {"1.#QNAN", "-1.#IND", "1.#IND00", "-nan(ind)", "nan", "-nan", "NaN"}) {
    EXPECT_THAT(ReadLog(std::string("Iteration 0, loss = 16.5\nIteration 20, loss = ") + nan + "\n"),
                ElementsAre("train 16.5 @0", "train nan @20"))
        << nan;
  }
  EXPECT_THAT(ReadLog("Iteration 20, loss = 1.#INF\n"), ElementsAre("train inf @20"));
}

TEST(Numbers, ThatAreNoneMayStandBeforeAColon) {
  EXPECT_THAT(ReadLog("Valid Epoch: 16 Loss: nan: 100% 660/660 [00:04<00:00, 143.71it/s]\n"),
              UnorderedElementsAre("eval nan @16 epoch 16"));
}

TEST(Times, MayHoldAFormatThatWasNotUnderstood) {
  EXPECT_THAT(ReadLog("2020-10-26 18:50:13.%f train.py:215[27649] INFO Train epoch: 52 [200/1000]\tLoss: 0.5\n"),
              ElementsAre("train 0.5 @200 epoch 52"));
}

TEST(Numbers, MayHaveADecimalComma) {
  EXPECT_THAT(ReadLog("Epoch 1 loss: 2,2952 lr: 0,001\nEpoch 2 loss: 1,958 lr: 0,001\n"),
              ElementsAre("train 2.2952 @1 epoch 1 lr 0.001", "train 1.958 @2 epoch 2 lr 0.001"));
}

TEST(Numbers, MayStandInATensor) {
  EXPECT_THAT(ReadLog("epoch 0 loss tensor(2.25, device='cuda:0')\nepoch 1 loss tensor(nan, device='cuda:0')\n"),
              ElementsAre("train 2.25 @0 epoch 0", "train nan @1 epoch 1"));
}

TEST(Tables, MayHaveRowsThatDoNotFitTheirHeader) {
  EXPECT_THAT(ReadLog("EPOCH\tTIME\tTRAIN_LOSS\tDEV_LOSS\n0\t11:17:16\t0.5\t\t0.25\n1\t11:18:16\t0.25\t\t0.125\n"),
              testing::IsSupersetOf({"train 0.5 @0 epoch 0", "train 0.25 @1 epoch 1"}));
  EXPECT_THAT(ReadLog("epoch,loss,val_loss\n0,0.5,0.75\n1,0.25\n2,0.125,0.5,7\n"),
              testing::IsSupersetOf({"train 0.25 @1 epoch 1", "train 0.125 @2 epoch 2", "eval 0.5 @2 epoch 2"}));
}

TEST(Tables, MayHaveCellsThatPushTheOthersOn) {
  EXPECT_THAT(ReadLog("epoch  iteration  loss    lr          fast/loss   validation/loss\n"
                      "0      100        2.5     3.0e-05                                \n"
                      "1      200        2.25    6.27392e-05              2.75          \n"),
              ElementsAre("train 2.5 @100 epoch 0 lr 3e-05", "train 2.25 @200 epoch 1 lr 6.27392e-05",
                          "eval 2.75 @200 epoch 1 lr 6.27392e-05"));
}

TEST(Tables, KeepAColumnThatBecomesNanBelowARepeatedHeader) {
  const std::string header = "      Epoch    GPU_mem   box_loss   cls_loss\n";
  EXPECT_THAT(ReadLog(header + "       1/80      5.91G      2.5        2.25\n" + header +
                      "       2/80      5.91G      nan        nan\n"),
              testing::IsSupersetOf({"box_loss nan @2 epoch 2", "cls_loss nan @2 epoch 2"}));
}

TEST(Prose, ThatRestatesALossMakesNoSeries) {
  EXPECT_THAT(ReadLog("epoch     train_loss  valid_loss  time    \n0         0.5         1.09087     00:23     \n"
                      "Better model found at epoch 0 with valid_loss value: 1.0908700227737427.\n"),
              UnorderedElementsAre("eval 1.09087 @0 epoch 0", "train 0.5 @0 epoch 0"));
}

TEST(Steps, MayHaveWordsBeforeThem) {
  EXPECT_THAT(ReadLog("Whole iter step:10 - total_loss:2.5\nWhole iter step:20 - total_loss:2.25\n"),
              ElementsAre("train 2.5 @10", "train 2.25 @20"));
  EXPECT_THAT(ReadLog("Accumulation step: 4, epoch 1, loss: 0.5\nAccumulation step: 4, epoch 2, loss: 0.25\n"),
              ElementsAre("train 0.5 @1 epoch 1", "train 0.25 @2 epoch 2"));
}

TEST(Steps, MayBeASingleLetterBeforeTheLoss) {
  EXPECT_THAT(ReadLog("t = 10, loss = 0.5\nt = 20, loss = 0.25\n"), ElementsAre("train 0.5 @10", "train 0.25 @20"));
}

TEST(Steps, MayHaveUnderscoresForThousands) {
  EXPECT_THAT(ReadLog("step 1_000: loss 0.5\nstep 1_250_000: loss 0.25\n"),
              ElementsAre("train 0.5 @1000", "train 0.25 @1250000"));
}

TEST(BatchFractions, WhoseTotalGrowsAreEpochAndBatch) {
  EXPECT_THAT(ReadLog("DEBUG TRAIN Batch 0/0 loss 2.5 lr 0.5\nDEBUG TRAIN Batch 0/100 loss 2.25 lr 0.5\n"
                      "DEBUG CV Batch 0/0 loss 2.75\nDEBUG TRAIN Batch 1/0 loss 2.0 lr 0.25\n"),
              ElementsAre("train 2.5 @0 epoch 0 lr 0.5", "train 2.25 @100 epoch 0 lr 0.5", "eval 2.75 @0 epoch 0",
                          "train 2 @0 epoch 1 lr 0.25"));
  EXPECT_THAT(ReadLog("TRAIN Batch 3/500 loss 2.5\nTRAIN Batch 3/600 loss 2.25\nTRAIN Batch 3/700 loss 2.0\n").back(),
              "train 2 @700 epoch 3");
  EXPECT_THAT(
      ReadLog("Batch 10/500 loss 2.5\nval Batch 0/50 loss 2.75\nBatch 0/500 loss 2.25\nBatch 10/500 loss 2.0\n"),
      ElementsAre("train 2.5 @10", "eval 2.75 @0", "train 2.25 @0", "train 2 @10"));
}

TEST(Exponents, MayBeThoseOfFortran) {
  EXPECT_THAT(ReadLog("iter 10 loss 1.25D-02\niter 20 loss 1.0D+01\n"),
              ElementsAre("train 0.0125 @10", "train 10 @20"));
}

TEST(Counts, MayStandBetweenTheLossAndItsValue) {
  EXPECT_THAT(ReadLog("Loss after 100 iterations: 0.5\nLoss after 200 iterations: 0.25\n"),
              ElementsAre("train 0.5 @100", "train 0.25 @200"));
  EXPECT_THAT(
      ReadLog("Training loss (for one batch) at step 10: 0.5\nTraining loss (for one batch) at step 20: 0.25\n"),
      ElementsAre("train 0.5 @10", "train 0.25 @20"));
}

TEST(Epochs, MayBeOrdinals) {
  EXPECT_THAT(ReadLog("epoch 1st training loss: 0.5 test loss: 0.75\nepoch 20th training loss: 0.25 test loss: 0.5\n"),
              UnorderedElementsAre("eval 0.75 @1 epoch 1", "train 0.5 @1 epoch 1", "eval 0.5 @20 epoch 20",
                                   "train 0.25 @20 epoch 20"));
  EXPECT_THAT(ReadLog("3번째 스텝의 손실: 0.5\n4번째 스텝의 손실: 0.25\n"),
              ElementsAre("train 0.5 @3", "train 0.25 @4"));
  EXPECT_THAT(ReadLog("반복 150 || 손실: 0.5\n반복 160 || 손실: 0.25\n"),
              ElementsAre("train 0.5 @150", "train 0.25 @160"));
  EXPECT_THAT(ReadLog("에폭 1 || 훈련 손실: 0.5\n에폭 2 || 훈련 손실: 0.25\n"),
              ElementsAre("train 0.5 @1 epoch 1", "train 0.25 @2 epoch 2"));
  EXPECT_THAT(ReadLog("3번째 에포크 loss: 0.5\n4번째 에포크 loss: 0.25\n"),
              ElementsAre("train 0.5 @3 epoch 3", "train 0.25 @4 epoch 4"));
  EXPECT_THAT(ReadLog("Ep.   3|train_loss: 0.5|valid_loss: 0.75\nEp.   4|train_loss: 0.25|valid_loss: 0.5\n"),
              UnorderedElementsAre("eval 0.75 @3 epoch 3", "train 0.5 @3 epoch 3", "eval 0.5 @4 epoch 4",
                                   "train 0.25 @4 epoch 4"));
}

TEST(Names, MayAbbreviateTheLoss) {
  EXPECT_THAT(ReadLog("Epoch: 1 L_train=0.5 L_val=0.75\nEpoch: 2 L_train=0.25 L_val=0.5\n"),
              UnorderedElementsAre("eval 0.75 @1 epoch 1", "train 0.5 @1 epoch 1", "eval 0.5 @2 epoch 2",
                                   "train 0.25 @2 epoch 2"));
  EXPECT_THAT(ReadLog("[1/10] trainset mean_loss: 0.5\n[1/10] validset mean_loss: 0.75\n"),
              ElementsAre("train 0.5 @1", "eval 0.75 @1"));
}

TEST(NameLists, NeedNoColon) {
  EXPECT_THAT(ReadLog("Epoch 1: train/val loss 0.5/0.75\nEpoch 2: train/val loss 0.25/0.5\n"),
              UnorderedElementsAre("eval 0.75 @1 epoch 1", "train 0.5 @1 epoch 1", "eval 0.5 @2 epoch 2",
                                   "train 0.25 @2 epoch 2"));
}

TEST(Tensors, MayStandInAListBehindTheName) {
  EXPECT_THAT(ReadLog("epoch 1 loss [tensor(0.5)]\nepoch 2 loss [tensor(0.25)]\n"),
              ElementsAre("train 0.5 @1 epoch 1", "train 0.25 @2 epoch 2"));
}

TEST(Names, OfAMaskedLossAreThoseOfALoss) {
  EXPECT_THAT(ReadLog("Epoch: 0/100 Step: 10/965 | 2.0s/batch | lr 0.5 || Mask_Loss 2.5\n"
                      "Epoch: 0/100 Step: 20/965 | 2.0s/batch | lr 0.5 || Mask_Loss 2.25\n"),
              ElementsAre("train 2.5 @10 epoch 0 lr 0.5", "train 2.25 @20 epoch 0 lr 0.5"));
  EXPECT_THAT(ReadLog("step 1 loss 2.5 loss_mask 0.5\nstep 2 loss 2.25 loss_mask 0.25\n"),
              UnorderedElementsAre("train 2.5 @1", "loss_mask 0.5 @1", "train 2.25 @2", "loss_mask 0.25 @2"));
}

}  // namespace
}  // namespace lossd::readers
