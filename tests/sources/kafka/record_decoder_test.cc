#include "sources/kafka/record_decoder.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace lossd::sources {
namespace {

class Decoding : public testing::Test {
 protected:
  std::vector<JobSamples> Read(std::optional<std::string_view> key, std::optional<std::string_view> value) {
    std::vector<JobSamples> out;
    decoder_.Read({key, value, 0}, out,
                  [this](RecordRejection reason, std::string_view) { rejected_.push_back(reason); });
    return out;
  }
  std::vector<RecordRejection> TakeRejected() { return std::exchange(rejected_, {}); }

  KafkaOptions options_;
  DecoderTools tools_;
  RecordDecoder decoder_{options_, tools_};
  std::vector<RecordRejection> rejected_;
};

TEST_F(Decoding, AKeyNamesTheJobOfSamplesThatNameNone) {
  const auto named = Read("key", R"({"training_job":"own","loss":1})");
  const auto unnamed = Read("key", R"({"loss":2,"step":5})");
  ASSERT_EQ(named.size(), 1U);
  EXPECT_EQ(named[0].job, "own");
  ASSERT_EQ(unnamed.size(), 1U);
  EXPECT_EQ(unnamed[0].job, "key");
  EXPECT_EQ(unnamed[0].samples[0].step, 5);
  EXPECT_TRUE(rejected_.empty());
}

TEST_F(Decoding, SamplesOfOneJobComeTogether) {
  const auto found = Read(std::nullopt,
                          "{\"training_job\":\"a\",\"loss\":1}\n{\"training_job\":\"a\",\"loss\":2}\n"
                          "{\"training_job\":\"b\",\"loss\":3}");
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].samples.size(), 2U);
}

TEST_F(Decoding, LinesAreReadWithWhatWasReadBefore) {
  EXPECT_TRUE(Read("csv", "step,train_loss")[0].samples.empty());
  EXPECT_EQ(Read("csv", "1,2.5")[0].samples.size(), 1U);
  const auto memories = decoder_.TakeChanged();
  ASSERT_TRUE(memories.contains("csv"));
  EXPECT_TRUE(decoder_.TakeChanged().empty());
  RecordDecoder successor(options_, tools_);
  successor.LoadJob("csv", memories.at("csv"));
  std::vector<JobSamples> out;
  successor.Read({"csv", "2,2.4", 0}, out, [](RecordRejection, std::string_view) { FAIL(); });
  ASSERT_EQ(out[0].samples.size(), 1U);
  EXPECT_EQ(out[0].samples[0].value, 2.4);
  EXPECT_EQ(out[0].samples[0].step, 2);
}

TEST_F(Decoding, AnEndAndAFailureAreTold) {
  Read("log", "step 1 loss 2.5");
  EXPECT_TRUE(Read("log", "Training completed.")[0].finished);
  EXPECT_TRUE(Read("other", "Traceback (most recent call last):\n  File \"a.py\", line 1\nValueError: no")[0]
                  .failure.has_value());
}

TEST_F(Decoding, LongMemoriesAreBounded) {
  for (int step = 0; step < 3000; ++step) Read("log", "step " + std::to_string(step) + " loss 2.5 and some more words");
  EXPECT_LT(decoder_.TakeChanged().at("log").size(), JobReader::kHead + 3 * JobReader::kTail);
}

TEST_F(Decoding, WhatIsNoRecordIsTold) {
  options_.max_record_bytes = 2048;
  Read("a", std::nullopt);
  Read("a", "");
  Read("a", std::string(3000, 'x'));
  Read("a", std::string_view("\0\0\0\0\1avro", 9));
  Read("a", "{broken");
  Read("a", R"({"step":1})");
  Read("a", R"({"loss":"x"})");
  Read(std::nullopt, R"({"loss":1})");
  Read(std::nullopt, "loss 1");
  Read("\xFF\xFE", "loss 1");
  Read("a", R"({"kubernetes":{"pod_name":"p"}})");
  using enum RecordRejection;
  EXPECT_EQ(TakeRejected(), (std::vector{kTombstone, kTombstone, kOversized, kForeignFormat, kNotJson, kInvalidSample,
                                         kInvalidSample, kNoJob, kNoJob, kNoJob, kNoMessage}));
}

TEST_F(Decoding, ATopicOfLogsHasJsonLines) {
  options_.format = RecordFormat::kLogs;
  const auto found = Read("job", R"({"step": 4, "train_loss": 1.25})");
  ASSERT_EQ(found.size(), 1U);
  ASSERT_EQ(found[0].samples.size(), 1U);
  EXPECT_EQ(found[0].samples[0].value, 1.25);
}

TEST_F(Decoding, ATopicOfOtlpHasNothingElse) {
  options_.format = RecordFormat::kOtlp;
  Read("job", "\x0A\xFFgarbage");
  EXPECT_EQ(TakeRejected(), std::vector{RecordRejection::kInvalidOtlp});
}

TEST_F(Decoding, ALineMayBeginWithALineFeed) {
  const auto found = Read("job", "\nstep 3 loss 0.5\n");
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].samples.size(), 1U);
}

TEST_F(Decoding, ShippersNamePods) {
  const auto fluent =
      Read(std::nullopt, R"({"log":"step 1 loss 2.5\n","kubernetes":{"pod_name":"p","namespace_name":"n"}})");
  ASSERT_EQ(fluent.size(), 1U);
  EXPECT_EQ(fluent[0].job, "n/p");
  EXPECT_EQ(fluent[0].labels, (core::Labels{{"namespace", "n"}, {"pod", "p"}}));
  const auto vector = Read("run", R"({"message":"step 2 loss 2.5","kubernetes":{"pod_name":"p","pod_namespace":"n"}})");
  ASSERT_EQ(vector.size(), 1U);
  EXPECT_EQ(vector[0].job, "run");
}

}  // namespace
}  // namespace lossd::sources
