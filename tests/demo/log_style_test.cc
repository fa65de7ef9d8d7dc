#include "demo/log_style.h"

#include <gtest/gtest.h>

#include <limits>

namespace lossd::demo {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

LogWriter Writer(const char* style) { return LogWriter(ParseLogStyle(style).value(), {.steps = 500}, 2); }

StepReport Report(std::int64_t step, double loss) {
  return {.step = step, .epoch = 0.25, .loss = loss, .learning_rate = 0.05, .gradient_norm = 1.5};
}

TEST(LogWriter, WritesLikeEachFramework) {
  EXPECT_EQ(Writer("nanogpt").Step(Report(7, 1.23456), 3.456), "iter 7: loss 1.2346, time 3.46ms, mfu -100.00%\n");
  EXPECT_EQ(Writer("hf").Step(Report(7, 1.23456), 3),
            "{'loss': 1.2346, 'grad_norm': 1.5, 'learning_rate': 0.05, 'epoch': 0.25}\n");
  EXPECT_EQ(Writer("json").Step(Report(7, 1.25), 3),
            "{\"step\": 7, \"epoch\": 0.2500, \"loss\": 1.25, \"lr\": 0.05, \"grad_norm\": 1.5}\n");
  EXPECT_EQ(Writer("csv").Step(Report(7, 1.25), 3), "7,0.2500,1.25,,0.05,1.5\n");
  EXPECT_EQ(Writer("torchtitan").Step(Report(7, 1.25), 3),
            "[rank0]:INFO - step:  7  loss:  1.25000  grad_norm:  1.5000  memory:  0.01GiB(0.03%)  tps: 10667\n");
  EXPECT_NE(Writer("megatron")
                .Step(Report(7, 1.25), 3)
                .find("| lm loss: 1.250000E+00 | loss scale: 1.0 | grad norm: 1.500 |"),
            std::string::npos);
}

TEST(LogWriter, KerasGivesTheMeanOfAnEpochAtItsEnd) {
  LogWriter writer = Writer("keras");
  EXPECT_EQ(writer.Step(Report(0, 1.0), 10), "");
  EXPECT_EQ(writer.Step(Report(1, 2.0), 10), "Epoch 1/250\n2/2 - 1s - loss: 1.5000 - 20ms/epoch - 10ms/step\n");
  EXPECT_EQ(writer.Step(Report(2, 5.0), 10), "");
  EXPECT_EQ(writer.Step(Report(3, 5.0), 10), "Epoch 2/250\n2/2 - 1s - loss: 5.0000 - 20ms/epoch - 10ms/step\n");
}

TEST(LogWriter, NanIsWrittenAsEachFrameworkWritesIt) {
  EXPECT_EQ(Writer("nanogpt").Step(Report(7, kNan), 1), "iter 7: loss nan, time 1.00ms, mfu -100.00%\n");
  EXPECT_EQ(Writer("json").Eval(Report(7, 1), kNan), "{\"step\": 7, \"eval_loss\": NaN}\n");
}

TEST(LogWriter, CsvHasAHeaderAndAColumnForTheEvaluation) {
  LogWriter writer = Writer("csv");
  EXPECT_EQ(writer.Begin(), "step,epoch,train_loss,val_loss,lr,grad_norm\n");
  EXPECT_EQ(writer.Eval(Report(7, 1), 0.5), "7,0.2500,,0.5,,\n");
}

TEST(ParseLogStyle, KnowsNoOtherName) { EXPECT_FALSE(ParseLogStyle("wandb")); }

}  // namespace
}  // namespace lossd::demo
