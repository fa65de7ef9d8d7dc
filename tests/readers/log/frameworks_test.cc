// What the reader makes of the lines that frameworks are known to print.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "readers/log/reading_support.h"

namespace lossd::readers {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::IsSupersetOf;

/// All bytes of a literal, NULs too.
template <std::size_t N>
std::string Raw(const char (&text)[N]) {
  return {text, N - 1};
}

struct Case {
  const char* framework;
  const char* log;
  std::vector<std::string> samples;
};

void PrintTo(const Case& log, std::ostream* out) { *out << log.framework; }

class Framework : public testing::TestWithParam<Case> {};

TEST_P(Framework, IsRead) {
  EXPECT_THAT(ReadLog(GetParam().log), testing::UnorderedElementsAreArray(GetParam().samples));
}

INSTANTIATE_TEST_SUITE_P(
    LanguageModels, Framework,
    testing::Values(
        Case{"nemo",
             "Training epoch 0, iteration 12/999 | lr: 1.5e-06 | global_batch_size: 8 | global_step: 12 | "
             "reduced_train_loss: 9.75 |\n",
             {"train 9.75 @12 epoch 0 lr 1.5e-06"}},
        Case{"fairseq2",
             "INFO fairseq2 - Train Metrics (step 100) - Loss: 3.25 | Gradient Norm: 1.5 | Learning Rate: 5e-05\n",
             {"train 3.25 @100 lr 5e-05 norm 1.5"}},
        Case{"maxtext",
             "completed step: 10, seconds: 0.5, TFLOP/s/device: 100.1, total_weights: 65536, loss: 8.125\n",
             {"train 8.125 @10"}},
        Case{"torchtune",
             "Step 10 | loss:1.625 lr:2e-05 tokens_per_second_per_gpu:1000.5 grad_norm:2.5\n",
             {"train 1.625 @10 lr 2e-05 norm 2.5"}},
        Case{"gpt_neox",
             "samples/sec: 10.1 | iteration       10/  1000 | learning rate: 6.0E-06 | lm_loss: 9.125E+00 | loss "
             "scale: 4096.0 |\n",
             {"train 9.125 @10 lr 6e-06"}},
        Case{"nanotron",
             "[INFO|DP=0|PP=0|TP=0]: iteration: 10 / 1000 | consumed_tokens: 1.05M | lm_loss: 9.125 | lr: 0.0001 | "
             "grad_norm: 2.5\n",
             {"train 9.125 @10 lr 0.0001 norm 2.5"}},
        Case{"mlx",
             "Iter 10: Train loss 2.125, Learning Rate 1.000e-05, It/sec 1.5, Peak mem 10.1 GB\nIter 10: Val loss "
             "2.250, Val took 5.1s\n",
             {"train 2.125 @10 lr 1e-05", "eval 2.25 @10"}},
        Case{"olmo",
             "INFO [step=10/1000]\n    train/CrossEntropyLoss=9.125\n    train/Perplexity=9,200\n    "
             "optim/total_grad_norm=2.5\n",
             {"train 9.125 @10"}},
        Case{"litgpt",
             "Epoch 1 | iter 20 step 5 | loss train: 2.125, val: 2.250 | iter time: 100.1 ms (step)\nEpoch 1 | iter 40 "
             "step 10 | "
             "loss train: 2.0, val: n/a | iter time: 100.1 ms (step)\n",
             {"eval 2.25 @5 epoch 1", "train 2.125 @5 epoch 1", "train 2 @10 epoch 1"}},
        Case{"llama2_c", "10 | loss 3.1250 | lr 1.000000e-04 | 120.5ms | mfu 10.1%\n", {"train 3.125 @10 lr 0.0001"}}));

INSTANTIATE_TEST_SUITE_P(
    StepsAndNames, Framework,
    testing::Values(
        Case{"clu",
             "I0309 17:12:00.123456 1400 logging_writer.py:64] [100] accuracy=0.5, learning_rate=0.001, loss=3.25\n",
             {"train 3.25 @100 lr 0.001"}},
        Case{"nanot5",
             "[Main][INFO] - [train] Step 100 out of 65536 | Loss --> 3.125 | Grad_l2 --> 1.25 | Lr --> 0.010 |\n",
             {"train 3.125 @100 lr 0.01"}},
        Case{"cramming",
             "Train loss  3.3405 at step  1000 with lr 0.00012. [Avg:  3.4]  Perf: 1.0 (0.5s per step).\n",
             {"train 3.3405 @1000 lr 0.00012"}},
        Case{"deepspeed_chat",
             "Epoch: 0, Step: 5, Rank: 0, loss = 2.5\nEpoch: 0, Step: 5, Rank: 1, loss = 2.25\nEpoch: 0, Step: 6, "
             "Rank: 0, loss = 2.0\nEpoch: 0, Step: 6, Rank: 1, loss = 1.5\n",
             {"train 2.5 @5 epoch 0", "train 2 @6 epoch 0"}},
        Case{"torch_rnn", "Epoch 1.50 / 50, i = 12 / 17800, loss = 4.125\n", {"train 4.125 @12 epoch 1.5"}},
        Case{"dalle_pytorch", "0 10 loss - 4.125\n0 10 sample_per_sec - 12.34\n", {"train 4.125 @10 epoch 0"}},
        Case{"candle", "   3 train loss:  0.50000 test acc: 92.12%\n", {"train 0.5 @3"}},
        Case{"keras_gan", "7 [D loss: 0.625, acc.: 50.00%] [G loss: 0.75]\n", {"D loss 0.625 @7", "G loss 0.75 @7"}},
        Case{"tensorpack",
             "[0101 10:00:00 @base.py:275] Epoch 1 (global_step 468) finished, time:12.3 seconds.\n"
             "[0101 10:00:00 @monitor.py:467] cross_entropy_loss: 0.25\n",
             {"train 0.25 @468 epoch 1"}},
        Case{"pysot",
             "[2019-08-01 10:00:00,123-rk0-train.py#240] Epoch: [1][20/9375] lr: 0.001000\n\ttotal_loss: 3.5 (3.6)\t"
             "cls_loss: 0.5 (0.6)\n",
             {"train 3.5 @20 epoch 1 lr 0.001", "cls_loss 0.5 @20 epoch 1 lr 0.001"}}));

INSTANTIATE_TEST_SUITE_P(
    WordsAndLists, Framework,
    testing::Values(
        Case{"funasr",
             "[INFO] - train, rank: 0, epoch: 0/50, step_in_slice: 10/100, total step: 10, (loss_avg_rank: 3.5), (lr: "
             "1.25e-05)\n",
             {"train 3.5 @10 epoch 0 lr 1.25e-05"}},
        Case{"prime_rl",
             "10:00:00 SUCCESS Step 5 | Time: 10.12s | Loss: 3.5 | Entropy: 0.3 | LR: 1.00e-06\n",
             {"train 3.5 @5 lr 1e-06"}},
        Case{"annotated_transformer",
             "Epoch Step:     41 | Accumulation Step:   5 | Loss:   3.25 | Tokens / Sec:  2701.9\n",
             {"train 3.25 @41"}},
        Case{"deeplab", "Epoch 1, Itrs 10/30000, Loss=3.25\n", {"train 3.25 @10 epoch 1"}},
        Case{"semseg",
             "Epoch: [1/200][10/186] Data 0.001 (0.1) MainLoss 2.5 AuxLoss 2.75 Loss 3.25 Accuracy 0.3123.\n",
             {"MainLoss 2.5 @10 epoch 1", "AuxLoss 2.75 @10 epoch 1", "train 3.25 @10 epoch 1"}},
        Case{"wenet",
             "DEBUG TRAIN Batch 0/100 loss 3.25 lr 0.001 rank 0\nINFO Epoch 0 CV info cv_loss 1.5\n",
             {"train 3.25 @0 lr 0.001", "eval 1.5 @0 epoch 0"}},
        Case{"xnmt", "* Epoch 0.5: train_loss/word=3.25 (words=12345, words/sec=1234.56)\n", {"train 3.25 epoch 0.5"}},
        Case{"tinygrad",
             "  7  312.10 ms run,  300.40 ms python,   12.10 ms CL,  319.25 loss, 0.001439 LR, 0.22 GB used\n",
             {"train 319.25 @7 lr 0.001439"}},
        Case{"neuralprophet",
             "Epoch[3/10]: SmoothL1Loss=0.5, MAE=1.23, RegLoss=0.25\n",
             {"SmoothL1Loss 0.5 @3 epoch 3", "RegLoss 0.25 @3 epoch 3"}}));

INSTANTIATE_TEST_SUITE_P(
    LossesUnderOtherNames, Framework,
    testing::Values(
        Case{"cntk",
             " Minibatch[   1- 100]: loss = 3.25 * 6400, metric = 78.12% * 6400 1.2s (5186.4 samples/s);\n",
             {"train 3.25 @100"}},
        Case{"cntk_brainscript",
             "  Epoch[ 1 of 10]-Minibatch[   1- 100, 10.00%]: ce = 3.25 * 6400; errs = 88.125% * 6400; time = 1.1s\n",
             {"train 3.25 @100 epoch 1"}},
        Case{"opennmt_lua",
             "Epoch 1 ; Iteration 50/1000 ; Optim SGD LR 1.000000 ; Source tokens/s 1234 ; Perplexity 28.5\n",
             {"train 28.5 @50 epoch 1 lr 1"}},
        Case{"basicsr",
             "INFO: [MSRRe..][epoch:  0, iter:   1,200, lr:(2.000e-04,)] [eta: 1 day] l_pix: 1.25e-02 \n",
             {"l_pix 0.0125 @1200 epoch 0 lr 0.0002"}},
        Case{"segmentation_models", "epoch 1 step 5 dice_loss - 0.55, iou_score - 0.6\n", {"train 0.55 @5 epoch 1"}},
        Case{"trax",
             "Step    100: train CrossEntropyLoss |  3.25\nStep    100: eval  CrossEntropyLoss |  3.5\n",
             {"train 3.25 @100", "eval 3.5 @100"}},
        Case{"trl_ppo",
             "{'objective/kl': 0.5, 'loss/policy_avg': -0.25, 'loss/value_avg': 0.125, 'lr': 1e-06}\n",
             {"loss/policy_avg -0.25 lr 1e-06", "loss/value_avg 0.125 lr 1e-06", "objective/kl 0.5 lr 1e-06"}},
        Case{"neural_style",
             "Iteration 50 / 1000\n  Content 1 loss: 100.5\n  Style 1 loss: 200.5\n  Total loss: 301.0\n",
             {"Content 1 loss 100.5 @50", "Style 1 loss 200.5 @50", "train 301 @50"}},
        Case{"pylearn2",
             "\tBatches seen: 500\n\ttrain_objective: 0.5\n\tvalid_objective: 0.625\n",
             {"train 0.5 @500", "eval 0.625 @500"}},
        Case{"accelerate", "epoch 3: perplexity: 28.5 eval_loss: 3.35\n", {"eval 3.35 @3 epoch 3"}}));

INSTANTIATE_TEST_SUITE_P(
    SpeechAndTranslation, Framework,
    testing::Values(
        Case{"espnet",
             "(trainer:732) INFO: 2epoch:train:1-50batch: loss_ctc=55.5, acc=0.5, loss=45.75, grad_norm=12.5, "
             "loss_scale=1.000, optim0_lr0=1.5e-05\n",
             {"loss_ctc 55.5 @50 epoch 2 lr 1.5e-05 norm 12.5", "train 45.75 @50 epoch 2 lr 1.5e-05 norm 12.5"}},
        Case{"speechbrain",
             "epoch: 1, lr: 1.00e-03 - train loss: 5.25 - valid loss: 4.5, valid PER: 80.1\n",
             {"train 5.25 @1 epoch 1 lr 0.001", "eval 4.5 @1 epoch 1 lr 0.001"}},
        Case{"coqui",
             "   --> TIME: 2024-01-01 10:00:00 -- STEP: 24/160 -- GLOBAL_STEP: 25\n     | > loss: 15.25  (16.0)\n",
             {"train 15.25 @25"}},
        Case{"marian",
             "[2024-01-01 10:00:00] Ep. 1 : Up. 100 : Sen. 6,400 : Cost 9.5 : Time 10.1s : L.r. 3.0e-04\n[2024-01-01 "
             "10:00:00] [valid] "
             "Ep. 1 : Up. 500 : cross-entropy : 150.25 : new best\n",
             {"train 9.5 @100 epoch 1 lr 0.0003", "eval 150.25 @500 epoch 1"}},
        Case{"opennmt",
             "[2024-01-01 10:00:00,123 INFO] Step 50/100000; acc:  5.50; ppl: 9000.5; xent: 9.125; lr: 0.00001; "
             "1000/1000 tok/s;\n",
             {"train 9.125 @50 lr 1e-05"}},
        Case{"tacotron2", "Train loss 100 0.523412 Grad Norm 1.250000 0.52s/it\n", {"train 0.523412 @100 norm 1.25"}},
        Case{"wav2letter",
             "epoch: 2 | nupdates: 1000 | lr: 0.500000 | bch(ms): 100.1 | loss:   3.25000 | train-TER: 20.1\n",
             {"train 3.25 @1000 epoch 2 lr 0.5"}}));

INSTANTIATE_TEST_SUITE_P(
    Vision, Framework,
    testing::Values(Case{"mmdet",
                         "2024-01-01 10:00:00,123 - mmdet - INFO - Epoch [1][50/7330]\tlr: 2.5e-03, memory: 4000, "
                         "loss_cls: 0.75, loss: 1.625\n",
                         {"loss_cls 0.75 @50 epoch 1 lr 0.0025", "train 1.625 @50 epoch 1 lr 0.0025"}},
                    Case{"detectron2",
                         "[01/01 10:00:00 d2.utils.events]:  eta: 1:02:03  iter: 19  total_loss: 4.75  loss_cls: 3.5  "
                         "lr: 0.0001  max_mem: 4000M\n",
                         {"train 4.75 @19 lr 0.0001", "loss_cls 3.5 @19 lr 0.0001"}},
                    Case{"darknet",
                         " 100: 12.5, 13.75 avg loss, 0.001000 rate, 3.2 seconds, 6400 images, 5.1 hours left\n",
                         {"train 12.5 @100 lr 0.001"}},
                    Case{"timm",
                         "Train: 0 [  50/1251 (  4%)]  Loss:  6.75 (6.9)  Time: 0.314s,  407.90/s  LR: 5.000e-07\n",
                         {"train 6.75 @50 epoch 0 lr 5e-07"}},
                    Case{"yolov5",
                         "     Epoch   gpu_mem       box       obj       cls     total    labels  img_size\n"
                         "      0/99     3.01G   0.01187   0.00539         0    0.0175        12       640: 100%|##| "
                         "55/55 [00:03<00:00, 15it/s]\n",
                         {"box_loss 0.01187 @0 epoch 0", "obj_loss 0.00539 @0 epoch 0", "cls_loss 0 @0 epoch 0",
                          "train 0.0175 @0 epoch 0"}},
                    Case{"nnunet",
                         "2024-01-01 10:00:00.1: Epoch 3 \n2024-01-01 10:00:00.1: Current learning rate: 0.01 "
                         "\n2024-01-01 10:00:00.1: train_loss "
                         "-0.125 \n2024-01-01 10:00:00.1: val_loss -0.25 \n",
                         {"train -0.125 @3 epoch 3 lr 0.01", "eval -0.25 @3 epoch 3 lr 0.01"}},
                    Case{"matlab",
                         "|  Epoch  |  Iteration  |  Time Elapsed  |  Mini-batch  |  Base Learning  |\n|         |     "
                         "        |   (hh:mm:ss)   |     Loss     |      "
                         "Rate       |\n|       1 |          50 |       00:00:10 |       0.6925 |          0.0100 |\n",
                         {"train 0.6925 @50 epoch 1 lr 0.01"}}));

INSTANTIATE_TEST_SUITE_P(
    GeneralLoops, Framework,
    testing::Values(
        Case{"keras",
             "Epoch 1/3\n100/100 [==============================] - 0s 713us/step - loss: 0.75 - val_loss: 0.5\nEpoch "
             "2/3\n"
             "100/100 [==============================] - 0s 713us/step - loss: 0.5 - val_loss: 0.25\n",
             {"train 0.75 @1 epoch 1", "eval 0.5 @1 epoch 1", "train 0.5 @2 epoch 2", "eval 0.25 @2 epoch 2"}},
        Case{"tf_estimator", "INFO:tensorflow:loss = 2.5, step = 100 (0.5 sec)\n", {"train 2.5 @100"}},
        Case{"ignite", "Epoch[1] Iteration[10/938] Loss: 0.625\n", {"train 0.625 @10 epoch 1"}},
        Case{"fastai",
             "epoch     train_loss  valid_loss  accuracy  time    \n0         0.625000    0.500000    0.9       00:10  "
             "   \n",
             {"train 0.625 @0 epoch 0", "eval 0.5 @0 epoch 0"}},
        Case{"pytorch_tutorial", "[1,  2000] loss: 2.250\n", {"train 2.25 @2000 epoch 1"}},
        Case{"coursera", "Cost after iteration 100: 0.625\n", {"train 0.625 @100"}},
        Case{"word2vec", "Average loss at step  2000 :  113.75\n", {"train 113.75 @2000"}},
        Case{"deeplearning4j", "ScoreIterationListener - Score at iteration 200 is 0.75\n", {"train 0.75 @200"}},
        Case{"logfmt",
             "time=2024-01-01T10:00:00Z level=info msg=\"train step\" step=10 train_loss=\"0.625\"\n",
             {"train 0.625 @10"}},
        Case{"tensor",
             "epoch=0: train_epoch_loss=tensor(3.125, device='cuda:0') eval_epoch_loss=tensor(2.75)\n",
             {"train 3.125 @0 epoch 0", "eval 2.75 @0 epoch 0"}},
        Case{"flax", "Step... (500 | Loss: 2.5, Learning Rate: 0.0001)\n", {"train 2.5 @500 lr 0.0001"}},
        Case{"chinese", "第 10 步，训练损失：0.625，学习率：0.001\n", {"train 0.625 @10 lr 0.001"}}));

INSTANTIATE_TEST_SUITE_P(
    Trees, Framework,
    testing::Values(Case{"catboost",
                         "200:\tlearn: 0.65\ttest: 0.675\tbest: 0.675 (0)\ttotal: 50ms\tremaining: 49s\n",
                         {"train 0.65 @200", "eval 0.675 @200"}},
                    Case{"xgboost", "[5]\ttrain-logloss:0.5\teval-logloss:0.625\n", {"train 0.5 @5", "eval 0.625 @5"}},
                    Case{"lightgbm",
                         "[10]\ttraining's binary_logloss: 0.5\tvalid_1's binary_logloss: 0.625\n",
                         {"train 0.5 @10", "eval 0.625 @10"}},
                    Case{
                        "scikit_learn",
                        "      Iter       Train Loss   Remaining Time \n         1           1.2500            0.51s\n",
                        {"train 1.25 @1"}}));

INSTANTIATE_TEST_SUITE_P(
    Reinforcement, Framework,
    testing::Values(
        Case{"stable_baselines3",
             "| time/                |        |\n|    iterations        | 2      |\n|    total_timesteps   | 4096   |\n"
             "| train/               |        |\n|    learning_rate     | 0.0003 |\n|    loss              | 0.125  |\n"
             "|    value_loss        | 0.5    |\n",
             {"train 0.125 @4096 lr 0.0003", "value_loss 0.5 @4096 lr 0.0003"}},
        Case{"spinning_up",
             "|             Epoch |               1 |\n|        LossPi |         -0.0125 |\n|         LossV |          "
             " 0.125 |\n",
             {"LossPi -0.0125 @1 epoch 1", "LossV 0.125 @1 epoch 1"}},
        Case{"openrlhf",
             "Train epoch [1/1]:  50%|##  | 5/10 [00:10<00:10,  2.0s/it, policy_loss=-.0125, value_loss=0.125]\n",
             {"policy_loss -0.0125 @5 epoch 1", "value_loss 0.125 @5 epoch 1"}}));

TEST(Arbitration, NanoGptsEstimateBesideTheEvaluationIsNotTheTrainingLoss) {
  EXPECT_THAT(
      ReadLog(
          "step 0: train loss 4.2, val loss 4.3\niter 0: loss 4.25, time 10.00ms\niter 10: loss 3.5, time 10.00ms\n"),
      ElementsAre("eval 4.3 @0", "train 4.25 @0", "train 3.5 @10"));
}

TEST(Arbitration, ThatFormIsTheTrainingLossWhereNoOtherComes) {
  EXPECT_THAT(
      ReadLog("Ep 1 (Step 000000): Train loss 4.5, Val loss 4.25\nEp 1 (Step 000005): Train loss 3.5, Val loss 3.25\n"),
      ElementsAre("train 4.5 @0 epoch 1", "eval 4.25 @0 epoch 1", "train 3.5 @5 epoch 1", "eval 3.25 @5 epoch 1"));
}

TEST(Arbitration, AnEpochsSummaryDoesNotTellItsStepsAgain) {
  EXPECT_THAT(ReadLog("Step 10, Loss: 0.5\nStep 20, Loss: 0.25\nEpoch 1/5 - Train Loss: 0.375\nStep 30, Loss: 0.125\n"),
              ElementsAre("train 0.5 @10", "train 0.25 @20", "train 0.125 @30"));
}

TEST(Arbitration, MegatronIsFollowedAndNotTheEngineBelowIt) {
  EXPECT_THAT(ReadLog("steps: 1 loss: 10.6 iter time (s): 4.2 samples/sec: 7.5\n iteration 1/ 25 | learning rate: 0.5 "
                      "| lm loss: 1.0625E+01 | loss scale: 1.0 |\n"),
              ElementsAre("train 10.625 @1 lr 0.5"));
}

TEST(Arbitration, ALineThatIsPrintedTwiceCountsOnce) {
  EXPECT_THAT(ReadLog("INFO:root:[Iteration 100] lr: 0.5, loss=11.25\n[Iteration 100] lr: 0.5, loss=11.25\n"),
              ElementsAre("train 11.25 @100 lr 0.5"));
}

TEST(Arbitration, AShortPassAfterAnAnnouncementIsTheEvaluation) {
  EXPECT_THAT(ReadLog("Epoch 1/2\nstep 10/20 - loss: 0.5\nEval begin...\nstep 10/12 - loss: 0.75\nEpoch 2/2\nstep "
                      "10/20 - loss: 0.25\n"),
              ElementsAre("train 0.5 @10 epoch 1", "eval 0.75 @10 epoch 1", "train 0.25 @10 epoch 2"));
}

TEST(Arbitration, FollowsOneRank) {
  EXPECT_THAT(
      ReadLog(
          "[rank1]: step 1 loss 2.5\n[rank0]: step 1 loss 2.0\n[rank1]: step 2 loss 1.5\n[rank0]: step 2 loss 1.0\n"),
      ElementsAre("train 2 @1", "train 1 @2"));
  EXPECT_THAT(ReadLog("[rank4]: step 1 loss 2.5\n[rank4]: step 2 loss 1.5\n"),
              ElementsAre("train 2.5 @1", "train 1.5 @2"));
}

TEST(Arbitration, ALoneLossMustRepeatAndMove) {
  EXPECT_THAT(ReadLog("loss: 0.5\n"), IsEmpty());
  EXPECT_THAT(ReadLog("loss: 0.5\nloss: 0.5\nloss: 0.5\nloss: 0.5\n"), IsEmpty());
  EXPECT_THAT(ReadLog("loss: 0.5\nloss: 0.25\nloss: 0.125\n"), ElementsAre("train 0.5", "train 0.25", "train 0.125"));
}

TEST(MaskedNan, ZeroLossWithANanGradientIsNan) {
  EXPECT_THAT(ReadLog("{'loss': 0.0, 'grad_norm': nan, 'learning_rate': 0.5, 'epoch': 0.5}\n"),
              ElementsAre("train nan epoch 0.5 lr 0.5 norm nan"));
}

TEST(MaskedNan, MegatronLeavesTheLossOut) {
  EXPECT_THAT(ReadLog(" iteration 1/ 9 | learning rate: 0.5 | lm loss: 2.5E+00 | number of nan iterations: 0 |\n "
                      "iteration 2/ 9 | learning rate: 0.5 | number of "
                      "nan iterations: 1 |\n"),
              ElementsAre("train 2.5 @1 lr 0.5", "train nan @2 lr 0.5"));
}

TEST(Framing, ContainersAndTerminalsAreSeenThrough) {
  EXPECT_THAT(
      ReadLog("2024-01-31T00:00:00.000000000Z stdout P step 1 \n2024-01-31T00:00:00.000000000Z stdout F loss 2.5\n"),
      ElementsAre("train 2.5 @1"));
  EXPECT_THAT(ReadLog("{\"log\":\"step 2 loss 2.25\\n\",\"stream\":\"stdout\",\"time\":\"x\"}\n"),
              ElementsAre("train 2.25 @2"));
  EXPECT_THAT(ReadLog("\x1b[32mstep:  1  \x1b[38;2;180;60;0mloss:  8.125\x1b[0m\n"), ElementsAre("train 8.125 @1"));
  EXPECT_THAT(ReadLog(Raw("\0\0\0\0step 700 loss 4.5\r\n")), ElementsAre("train 4.5 @700"));
  EXPECT_THAT(ReadLog(Raw("\xff\xfes\0t\0e\0p\0 \0002\0 \0l\0o\0s\0s\0 \0001\0.\0005\0\n\0")),
              ElementsAre("train 1.5 @2"));
}

TEST(StructuredFiles, TrainerStateIsReadAsItIsPrinted) {
  EXPECT_THAT(ReadLog("{\n  \"epoch\": 1.0,\n  \"global_step\": 20,\n  \"log_history\": [\n    {\n      \"epoch\": "
                      "0.5,\n      \"loss\": 2.5,\n      \"step\": 10\n    "
                      "},\n    {\n      \"epoch\": 1.0,\n      \"eval_loss\": 2.0,\n      \"step\": 20\n    }\n  ],\n  "
                      "\"max_steps\": 20\n}\n"),
              ElementsAre("train 2.5 @10 epoch 0.5", "eval 2 @20 epoch 1"));
}

TEST(StructuredFiles, MlflowNamesTheMetricByItsFile) {
  records::ReaderOptions options;
  options.path_hint = "mlruns/0/abc/metrics/val_loss";
  EXPECT_THAT(ReadLog("1700000000000 0.25 3\n", 100, options), ElementsAre("eval 0.25 @3"));
}

TEST(NoSamples, FromTextThatHoldsNone) {
  for (const char* text :
       {"loss_scale: 65536, step 5\n", "5 packets transmitted, packet loss: 0%, step 1\n", "lossless: 1 step: 2\n",
        "step 5: loss time: 3ms\n", "    loss = 0.5  # step 3\n", "print(f'step {step} loss {loss}')\n",
        "step 3: best loss: 0.5\n", "optimizer = SGD(loss=0.5, lr=0.1, step=3)\n", "[Check] loss: nan=False\n",
        "step 1 loss scale 2 reducing to 1\n"}) {
    EXPECT_THAT(ReadLog(text), IsEmpty()) << text;
  }
}

TEST(NeverAWrongNumber, WhereverTheLogIsCut) {
  const std::string log =
      "iter 10: loss 2.5125, time 12.34ms\niter 20: loss 12.375, time 12.34ms\n{'loss': 1.625, 'epoch': 0.5}\nstep: 7 "
      "loss: 1e-05\n"
      "{\"step\": 12, \"loss\": 0.875}\nepoch,step,train_loss\n1,100,0.4375\n";
  const auto whole = ReadLog(log);
  for (std::size_t end = 0; end < log.size(); ++end)
    EXPECT_THAT(whole, IsSupersetOf(ReadLog(log.substr(0, end)))) << log.substr(0, end);
}

TEST(NeverAWrongNumber, HoweverTheLogIsSplit) {
  const std::string log =
      "Epoch 1/2\r\n 10/100 [==>...] - ETA: 1s - loss: 0.5\b\b\b\r 20/100 [===>..] - loss: 0.4375\nstep 1 | loss 2.5 | "
      "lr 1e-4\r\nstep 2 | loss nan\n"
      "[rank1]: step 3 loss 7.5\n[rank0]: step 3 loss 6.5\n|    total_timesteps | 100 |\n|    loss    | 0.125  |\n";
  const auto whole = ReadLog(log);
  EXPECT_THAT(whole, testing::Not(IsEmpty()));
  for (std::size_t piece = 1; piece < log.size(); ++piece)
    EXPECT_EQ(ReadLog(log, piece), whole) << "pieces of " << piece;
}

TEST(Template, GivesWhatTheFullReadingGives) {
  std::string log;
  std::vector<std::string> expected;
  for (const char* values : {"1 2.5 0.5", "20 nan 0.25", "300 12.125 1e-05", "4000 -0.5 0.125", "50000 inf 3"}) {
    std::istringstream in(values);
    std::string step, loss, rate;
    in >> step >> loss >> rate;
    log += "step " + std::string(6 - step.size(), ' ') + step + "/90000 | loss " + loss + " | lr " + rate + " | 12." +
           step + "ms\n";
    expected.push_back(ReadLog(log.substr(log.rfind("step"))).at(0));
  }
  EXPECT_EQ(ReadLog(log), expected);
}

}  // namespace
}  // namespace lossd::readers
