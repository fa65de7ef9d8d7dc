#include "push/otlp/service_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace lossd::push {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

OtlpPoint Point(const std::string& name, double value, OtlpAttributes attributes = {}) {
  OtlpPoint point;
  point.name = name;
  point.value = value;
  point.attributes = std::move(attributes);
  return point;
}
OtlpPoint At(const std::string& name, double value, int step) {
  return Point(name, value, {{"step", std::to_string(step)}});
}

std::vector<std::string> Shown(const std::vector<core::Sample>& samples) {
  std::vector<std::string> shown;
  for (const core::Sample& sample : samples) {
    shown.push_back(sample.loss + " " + std::to_string(sample.value).substr(0, 4) +
                    (sample.step ? " @" + std::to_string(*sample.step) : ""));
  }
  return shown;
}

TEST(ServiceReader, PointsThatSayTheirStepAreSamplesOfIt) {
  ServiceReader reader;
  EXPECT_THAT(Shown(reader.Read({At("train.loss", 2.4, 2), At("train.loss", 2.5, 1), At("val.loss", 2.6, 2)})),
              UnorderedElementsAre("train 2.50 @1", "train 2.40 @2", "eval 2.60 @2"));
}

TEST(ServiceReader, StepsThatAreSentAgainAreNoNews) {
  ServiceReader reader;
  reader.Read({At("loss", 2.5, 1), At("loss", 2.4, 2)});
  EXPECT_THAT(Shown(reader.Read({At("loss", 2.5, 1), At("loss", 2.4, 2)})), IsEmpty());
  EXPECT_THAT(Shown(reader.Read({At("loss", 2.5, 1), At("loss", 2.4, 2), At("loss", 2.3, 3)})),
              ElementsAre("train 2.30 @3"));
  EXPECT_THAT(Shown(reader.Read({At("loss", 2.5, 0)})), ElementsAre("train 2.50 @0")) << "a restart";
}

TEST(ServiceReader, WhatHasNoStepStandsBesideWhatHas) {
  ServiceReader reader;
  const auto samples = reader.Read({At("loss", 2.5, 1), Point("lr", 1e-3), Point("epoch", 0.5)});
  ASSERT_EQ(samples.size(), 1U);
  EXPECT_EQ(samples[0].learning_rate, 1e-3);
  EXPECT_EQ(samples[0].epoch, 0.5);
}

TEST(ServiceReader, WithoutStepsPointsAreGauges) {
  ServiceReader reader;
  EXPECT_THAT(Shown(reader.Read({Point("loss", 2.5), Point("steps", 7)})), ElementsAre("train 2.50 @7"));
  EXPECT_THAT(Shown(reader.Read({Point("loss", 2.5), Point("steps", 7)})), IsEmpty());
}

TEST(ServiceReader, OfAHistogramTheMeanSinceTheLastExportCounts) {
  const auto totals = [](double sum, std::uint64_t count, OtlpPoint::Kind kind) {
    OtlpPoint point = Point("train.loss", sum);
    point.count = count;
    point.kind = kind;
    return std::vector<OtlpPoint>{point};
  };
  ServiceReader reader;
  EXPECT_THAT(Shown(reader.Read(totals(10, 4, OtlpPoint::Kind::kTotals))), ElementsAre("train 2.50"));
  EXPECT_THAT(Shown(reader.Read(totals(14, 6, OtlpPoint::Kind::kTotals))), ElementsAre("train 2.00"));
  EXPECT_THAT(Shown(reader.Read(totals(14, 6, OtlpPoint::Kind::kTotals))), IsEmpty());
  EXPECT_THAT(Shown(reader.Read(totals(3, 2, OtlpPoint::Kind::kTotals))), ElementsAre("train 1.50")) << "started anew";
  EXPECT_THAT(Shown(reader.Read(totals(3, 3, OtlpPoint::Kind::kDeltaTotals))), ElementsAre("train 1.00"));
}

TEST(ServiceReader, DeltasOfASumAreAdded) {
  ServiceReader reader;
  const auto read = [&](double loss, double steps) {
    OtlpPoint delta = Point("train.steps", steps);
    delta.kind = OtlpPoint::Kind::kDelta;
    return Shown(reader.Read({Point("train.loss", loss), delta}));
  };
  EXPECT_THAT(read(2.5, 10), ElementsAre("train 2.50 @10"));
  EXPECT_THAT(read(2.4, 5), ElementsAre("train 2.40 @15"));
}

TEST(ServiceReader, WhatTheSdkHadNoRoomForIsNoSeries) {
  ServiceReader reader;
  EXPECT_THAT(Shown(reader.Read({Point("loss", 2.5, {{"otel.metric.overflow", "true"}})})), IsEmpty());
}

}  // namespace
}  // namespace lossd::push
