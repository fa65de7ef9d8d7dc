#include "records/named_values.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

namespace lossd::records {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class NamedValueReaderTest : public ::testing::Test {
 protected:
  /// The samples that one report gives: `train 2.5 @120`.
  std::vector<std::string> Read(const std::vector<NamedValues::Value>& values, std::optional<std::int64_t> step,
                                std::optional<core::Timestamp> time = {}) {
    result = reader.Read({values, step, std::nullopt, time});
    std::vector<std::string> samples;
    for (const core::Sample& sample : result.samples) {
      std::ostringstream out;
      out << sample.loss << ' ' << sample.value;
      if (sample.step) out << " @" << *sample.step;
      samples.push_back(out.str());
    }
    return samples;
  }

  NamedValueReader reader{"test"};
  NamedValueReader::Result result;
};

TEST_F(NamedValueReaderTest, KnowsTheNamesOfTraining) {
  EXPECT_THAT(
      Read({{"train/loss", 2.5}, {"eval/loss", 3}, {"train/learning_rate", 1e-4}, {"train/grad_norm", 0.5}}, 120),
      ElementsAre("train 2.5 @120", "eval 3 @120"));
  EXPECT_EQ(result.samples[0].learning_rate, 1e-4);
  EXPECT_EQ(result.samples[0].gradient_norm, 0.5);
}

TEST_F(NamedValueReaderTest, TakesNothingElseForALoss) {
  EXPECT_THAT(Read({{"loss_scale", 65536}, {"tokens_per_second", 1e4}, {"gpu_memory", 3e9}}, 1), IsEmpty());
  EXPECT_EQ(result.ignored, Ignored::kNoLoss);
}

TEST_F(NamedValueReaderTest, FindsTheStepAmongTheValues) {
  EXPECT_THAT(Read({{"loss", 2.5}, {"global_step", 7}}, std::nullopt), ElementsAre("train 2.5 @7"));
}

TEST_F(NamedValueReaderTest, JoinsALearningRateThatIsReportedByItself) {
  EXPECT_THAT(Read({{"learning_rate", 0.5}}, 3), IsEmpty());
  EXPECT_THAT(Read({{"loss", 2.5}}, 3), ElementsAre("train 2.5 @3"));
  EXPECT_EQ(result.samples[0].learning_rate, 0.5);
}

TEST_F(NamedValueReaderTest, GivesEverySampleItsTime) {
  const core::Timestamp time{std::chrono::seconds(1'700'000'000)};
  Read({{"loss", 2.5}, {"eval_loss", 3}}, 3, time);
  ASSERT_EQ(result.samples.size(), 2u);
  for (const core::Sample& sample : result.samples) EXPECT_EQ(sample.time, time);
}

TEST_F(NamedValueReaderTest, SaysWhatAStepNameMeansToOthers) {
  EXPECT_EQ(reader.format(), "test");
  EXPECT_THAT(Read({}, 1), IsEmpty());
}

}  // namespace
}  // namespace lossd::records
