#include "readers/log/loss_scaler.h"

#include <gtest/gtest.h>

namespace lossd::readers {
namespace {

LossScaler::News Read(std::initializer_list<const char*> lines) {
  LossScaler scaler;
  for (const char* line : lines) scaler.Read(line);
  return scaler.Take();
}

TEST(LossScaler, ReadsMegatron) {
  const auto news =
      Read({" iteration       10/     100 | consumed samples: 80 | lm loss: 1.07E+01 | loss scale: 65536.0 | grad "
            "norm: 9.9 | number of skipped "
            "iterations:   3 | number of nan iterations:   0 |",
            " iteration       20/     100 | consumed samples: 160 | lm loss: 1.07E+01 | loss scale: 32768.0 | grad "
            "norm: 9.9 | number of skipped "
            "iterations:   2 | number of nan iterations:   0 |"});
  EXPECT_EQ(news.scale, 32768);
  EXPECT_EQ(news.skipped, 5u);
  EXPECT_TRUE(news.counts);
}

TEST(LossScaler, ReadsOverflows) {
  const auto deepspeed =
      Read({"[deepspeed] OVERFLOW! Rank 0 Skipping step. Attempted loss scale: 65536, reducing to 32768"});
  EXPECT_EQ(deepspeed.scale, 32768);
  EXPECT_EQ(deepspeed.skipped, 1u);
  const auto apex = Read({"Gradient overflow.  Skipping step, loss scaler 0 reducing loss scale to 16384.0"});
  EXPECT_EQ(apex.scale, 16384);
  EXPECT_EQ(apex.skipped, 1u);
  const auto fairseq = Read({"NOTE: gradient overflow detected, ignoring gradient, setting loss scale to: 64.0"});
  EXPECT_EQ(fairseq.scale, 64);
  EXPECT_EQ(fairseq.skipped, 1u);
}

TEST(LossScaler, CountsFromATotal) {
  LossScaler scaler;
  scaler.Read("[Rank 0] step=10, skipped=7, lr=[0.001], mom=[(0.9, 0.999)]");
  const auto first = scaler.Take();
  EXPECT_TRUE(first.counts);
  EXPECT_EQ(first.skipped, 0u);  // those may be long ago
  scaler.Read("[Rank 0] step=20, skipped=9, lr=[0.001], mom=[(0.9, 0.999)]");
  EXPECT_EQ(scaler.Take().skipped, 2u);
  scaler.Read("[Rank 0] step=20, skipped=1, lr=[0.001], mom=[(0.9, 0.999)]");
  EXPECT_EQ(scaler.Take().skipped, 0u);
  EXPECT_FALSE(scaler.Take().any());
}

TEST(LossScaler, ReadsAScaleByItsName) {
  for (const char* line :
       {R"({"loss": 2.5, "loss_scale": 1024})", R"({"loss": "2.5", "loss_scale": "1024"})", "loss_scale=1024.0",
        "loss-scale: 1.024e3", "| grad_scale: 1024 |", "epoch 1 loss_scale 1024"}) {
    const bool named = std::string_view(line).find_first_of(":=") != std::string_view::npos;
    EXPECT_EQ(Read({line}).scale, named ? std::optional<double>(1024) : std::nullopt) << line;
    EXPECT_FALSE(Read({line}).counts) << line;
  }
}

TEST(LossScaler, TakesNothingElse) {
  const std::string large = std::string(10000, 'x') + " loss scale: 5";
  for (const char* line :
       {"", "step 5 loss 2.5", "scale: 0.5", "image_scale=1024", "skipped frames: 7", "Skipping checkpoint", "overflow",
        "loss scale:", "loss_scale=nan", "skipping step 5", "number of skipped iterations: 99999999999999999999",
        "skipped=", large.c_str(), "\xff\xfe loss scale"}) {
    const auto news = Read({line});
    EXPECT_FALSE(news.scale.has_value()) << line;
    EXPECT_EQ(news.skipped, 0u) << line;
  }
}

}  // namespace
}  // namespace lossd::readers
