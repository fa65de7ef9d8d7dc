// Files that are written anew as a whole whenever something is added to them: each sample counts once.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>
#include <string>

#include "readers/job_name.h"
#include "records/rewrite_deduplicator.h"
#include "support/tailer_fixture.h"

namespace lossd::sources {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::IsEmpty;

class RewrittenFiles : public test::TailerFixture {
 protected:
  /// As Hugging Face's Trainer saves it after `last` steps, with a record every 10 and an evaluation every 50.
  static std::string TrainerState(int last, const std::string& first_loss = "3.25") {
    std::string text = "{\n  \"best_metric\": null,\n  \"epoch\": " + std::to_string(last / 100.0) +
                       ",\n  \"eval_steps\": 50,\n  \"global_step\": " + std::to_string(last) +
                       ",\n  \"is_world_process_zero\": true,\n  \"log_history\": [\n";
    for (int step = 10; step <= last; step += 10) {
      const std::string epoch = "      \"epoch\": " + std::to_string(step / 100.0) + ",\n";
      const std::string loss = step == 10 ? first_loss : "2." + std::to_string(1000 - step);
      text += "    {\n" + epoch +
              "      \"grad_norm\": 1.5,\n      \"learning_rate\": 5e-05,\n      \"loss\": " + loss +
              ",\n      \"step\": " + std::to_string(step) + "\n    }";
      if (step % 50 == 0) {
        text += ",\n    {\n" + epoch + "      \"eval_loss\": 2." + std::to_string(2000 - step) +
                ",\n      \"eval_runtime\": 1.25,\n      \"step\": " + std::to_string(step) + "\n    }";
      }
      text += step + 10 <= last ? ",\n" : "\n";
    }
    return text + "  ],\n  \"logging_steps\": 10,\n  \"max_steps\": 1000,\n  \"total_flos\": 1.5e+18\n}\n";
  }
  static std::string Csv(int first, int last) {
    std::string text = "epoch,step,train_loss\n";
    for (int step = first; step <= last; ++step) {
      text += "0," + std::to_string(step) + ",2." + std::to_string(1000 - step) + "\n";
    }
    return text;
  }
  /// The steps of a series.
  std::vector<int> StepsOf(const std::string& job, const std::string& loss) const {
    std::vector<int> steps;
    for (const FileBatch& batch : batches_) {
      for (const core::Sample& sample : batch.samples) {
        if (batch.job == job && sample.loss == loss) steps.push_back(static_cast<int>(sample.step.value_or(-1)));
      }
    }
    return steps;
  }
  static std::vector<int> Tens(int last, int stride = 10) {
    std::vector<int> steps;
    for (int step = stride; step <= last; step += stride) steps.push_back(step);
    return steps;
  }
};

TEST_F(RewrittenFiles, TellEachSampleOnceWhenWrittenInPlace) {
  const std::string path = "/runs/llama/trainer_state.json";
  files_.Append(path, TrainerState(100));
  Follow(path);
  Tick();
  ASSERT_THAT(StepsOf("llama", "train"), ElementsAreArray(Tens(100)));
  for (const int last : {150, 200, 300}) {
    files_.Truncate(path);
    files_.Append(path, TrainerState(last));
    Tick();
    EXPECT_THAT(StepsOf("llama", "train"), ElementsAreArray(Tens(last)));
    EXPECT_THAT(StepsOf("llama", "eval"), ElementsAreArray(Tens(last, 50)));
  }
  EXPECT_GT(tailer_->stats().lines_ignored[records::Ignored::kDuplicate], 0u);
}

TEST_F(RewrittenFiles, TellEachSampleOnceWhenReplacedAcrossRestarts) {
  const std::string path = "/runs/llama/trainer_state.json";
  files_.Append(path, TrainerState(100));
  Follow(path);
  Tick();
  files_.Append(path + ".tmp", TrainerState(150));
  files_.Rename(path + ".tmp", path);
  Tick();
  tailer_.reset();
  files_.Append(path + ".tmp", TrainerState(200));
  files_.Rename(path + ".tmp", path);
  Restart();
  Tick();
  files_.Append(path + ".tmp", TrainerState(250));
  files_.Rename(path + ".tmp", path);
  Restart();
  Tick();
  EXPECT_THAT(StepsOf("llama", "train"), ElementsAreArray(Tens(250)));
}

TEST_F(RewrittenFiles, TellEachSampleOnceWhenSeenHalfWritten) {
  const std::string path = "/runs/llama/trainer_state.json";
  files_.Append(path, TrainerState(100));
  Follow(path);
  Tick();
  const std::string next = TrainerState(200);
  files_.Truncate(path);
  for (std::size_t at = 0; at < next.size(); at += 700) {
    files_.Append(path, next.substr(at, 700));
    Tick();
  }
  EXPECT_THAT(StepsOf("llama", "train"), ElementsAreArray(Tens(200)));
}

TEST_F(RewrittenFiles, OfTheCheckpointsOfOneRunAreOneJob) {
  files_.Append("/runs/llama/checkpoint-100/trainer_state.json", TrainerState(100));
  files_.Append("/runs/llama/checkpoint-50/trainer_state.json", TrainerState(50));
  files_.Append("/runs/bert/checkpoint-50/trainer_state.json", TrainerState(50));
  Follow("/runs/**/trainer_state.json");
  Tick();
  files_.Append("/runs/llama/checkpoint-150/trainer_state.json", TrainerState(150));
  files_.Remove("/runs/llama/checkpoint-50/trainer_state.json");
  Tick();
  Restart();
  files_.Append("/runs/llama/checkpoint-200/trainer_state.json", TrainerState(200));
  files_.Append("/runs/llama/trainer_state.json", TrainerState(200));
  Tick();
  EXPECT_THAT(Jobs(), ElementsAre("bert", "llama"));
  EXPECT_THAT(StepsOf("llama", "train"), ElementsAreArray(Tens(200)));
  EXPECT_THAT(StepsOf("bert", "train"), ElementsAreArray(Tens(50)));
}

TEST_F(RewrittenFiles, TellOfANewRun) {
  const std::string path = "/runs/llama/metrics.csv";
  files_.Append(path, Csv(1, 5));
  Follow(path);
  Tick();
  files_.Truncate(path);
  files_.Append(path, "epoch,step,train_loss\n0,1,7.5\n0,2,7.25\n");
  Tick();
  EXPECT_THAT(StepsOf("llama", "train"), ElementsAre(1, 2, 3, 4, 5, 1, 2));
}

TEST_F(RewrittenFiles, TellWhatComesBehindAnOlderCheckpoint) {
  const std::string path = "/runs/llama/metrics.csv";
  files_.Append(path, Csv(1, 5));
  Follow(path);
  Tick();
  // Resumed from step 3: the history is kept up to there, and other values follow.
  files_.Truncate(path);
  files_.Append(path, Csv(1, 3) + "0,4,1.5\n0,5,1.25\n0,6,1.125\n");
  Tick();
  EXPECT_THAT(StepsOf("llama", "train"), ElementsAre(1, 2, 3, 4, 5, 4, 5, 6));
}

TEST_F(RewrittenFiles, OfOtherKindsMayTellTheSameAgain) {
  files_.Append("/logs/a.log", Lines(1, 3));
  Follow("/logs/a.log");
  Tick();
  files_.Truncate("/logs/a.log");
  files_.Append("/logs/a.log", Lines(1, 2));
  Tick();
  EXPECT_THAT(Steps(), ElementsAre(1, 2, 3, 1, 2));
}

TEST(RewriteDeduplicator, ConcernsFilesThatAreRewrittenWhole) {
  for (const char* const path : {"/r/trainer_state.json", "r/metrics.csv", "/mlruns/0/4f/metrics/train/loss"}) {
    EXPECT_TRUE(records::RewriteDeduplicator::Concern(path)) << path;
  }
  for (const char* const path : {"/r/train.log", "/r/log.jsonl", "/var/metrics/train.log", "-"}) {
    EXPECT_FALSE(records::RewriteDeduplicator::Concern(path)) << path;
  }
}

TEST(RewriteDeduplicator, BeyondItsLimitGoesByTheStep) {
  records::RewriteDeduplicator told;
  core::Sample sample;
  const auto limit = static_cast<std::int64_t>(records::SampleFingerprints::kMost);
  for (std::int64_t step = 1; step <= limit + 10; ++step) {
    sample.step = step;
    ASSERT_TRUE(told.IsNews(sample));
  }
  const std::string saved = told.memory().Saved();
  ASSERT_TRUE(records::SampleFingerprints::IsSaved(saved));
  records::RewriteDeduplicator again{records::SampleFingerprints(saved)};
  for (std::int64_t step = 1; step <= limit + 10; ++step) {
    sample.step = step;
    ASSERT_FALSE(again.IsNews(sample)) << step;
  }
  sample.step = limit + 11;
  EXPECT_TRUE(again.IsNews(sample));
}

TEST(SampleFingerprints, LeavesItsCopiesAsTheyAre) {
  records::SampleFingerprints memory;
  std::vector<records::SampleFingerprints> copies;
  for (std::uint64_t fingerprint = 1; fingerprint <= 5000; ++fingerprint) {
    if (fingerprint % 500 == 0) copies.push_back(memory);
    memory.Add(fingerprint);
  }
  memory.RaiseStep(7);
  for (std::size_t i = 0; i < copies.size(); ++i) {
    std::vector<std::uint64_t> held, expected((i + 1) * 500 - 1);
    copies[i].ForEach([&](std::uint64_t fingerprint) { held.push_back(fingerprint); });
    std::iota(expected.begin(), expected.end(), 1);
    ASSERT_EQ(held, expected);
    ASSERT_EQ(records::SampleFingerprints(copies[i].Saved()), copies[i]);
  }
  EXPECT_EQ(records::SampleFingerprints(memory.Saved()).greatest_step(), 7);
  EXPECT_EQ(records::SampleFingerprints(std::string_view()), records::SampleFingerprints());
  EXPECT_FALSE(records::SampleFingerprints::IsSaved("seven b"));
}

TEST(RunPath, TakesOutItsDirectoryAlone) {
  EXPECT_EQ(readers::RunPath("/runs/a/checkpoint-500/trainer_state.json"), "/runs/a/trainer_state.json");
  EXPECT_EQ(readers::RunPath("checkpoint-500/trainer_state.json"), "trainer_state.json");
  EXPECT_EQ(readers::RunPath("/runs/checkpoint-a/train.log"), "/runs/checkpoint-a/train.log");
  EXPECT_EQ(readers::RunPath("train.log"), "train.log");
}

}  // namespace
}  // namespace lossd::sources
