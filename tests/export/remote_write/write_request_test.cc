#include "export/remote_write/write_request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <snappy.h>

#include <bit>
#include <cmath>
#include <limits>
#include <vector>

#include "export/remote_write/write_request.pb.h"
#include "export/remote_write/write_request_v2.pb.h"

namespace lossd::exporter {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

template <typename Message>
Message Unpack(const std::string& packed) {
  std::string plain;
  EXPECT_TRUE(snappy::Uncompress(packed.data(), packed.size(), &plain));
  Message message;
  EXPECT_TRUE(message.ParseFromString(plain));
  return message;
}

RemoteSample Sample(double value, RemoteLabels labels, text::MetricType type = text::MetricType::kGauge) {
  return {std::make_shared<const RemoteLabels>(std::move(labels)), value, 1700, type};
}

TEST(WriteRequest, Version2HasEachTextOnceAndTheEmptyOneFirst) {
  const std::vector<RemoteSample> samples = {Sample(2.5, {{"__name__", "a"}, {"job", "x"}}),
                                             Sample(3.5, {{"__name__", "b"}, {"job", "x"}}, text::MetricType::kCounter),
                                             Sample(4.5, {{"__name__", "job"}}, text::MetricType::kUntyped)};
  const auto request = Unpack<remote_write_v2::Request>(EncodeWriteRequestV2(samples));
  EXPECT_THAT(request.symbols(), ElementsAre("", "__name__", "a", "job", "x", "b"));
  ASSERT_THAT(request.timeseries(), SizeIs(3));
  EXPECT_THAT(request.timeseries(0).labels_refs(), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(request.timeseries(1).labels_refs(), ElementsAre(1, 5, 3, 4));
  EXPECT_THAT(request.timeseries(2).labels_refs(), ElementsAre(1, 3));
  EXPECT_EQ(request.timeseries(0).samples(0).timestamp(), 1700);
  EXPECT_EQ(request.timeseries(0).metadata().type(), remote_write_v2::Metadata::METRIC_TYPE_GAUGE);
  EXPECT_EQ(request.timeseries(1).metadata().type(), remote_write_v2::Metadata::METRIC_TYPE_COUNTER);
  EXPECT_EQ(request.timeseries(2).metadata().type(), remote_write_v2::Metadata::METRIC_TYPE_UNSPECIFIED);
}

TEST(WriteRequest, ValuesKeepEveryBit) {
  const double values[] = {0.1 + 0.2,     1e-45,        5e-324, -0.0, std::numeric_limits<double>::infinity(),
                           std::nan("7"), StaleMarker()};
  std::vector<RemoteSample> samples;
  for (const double value : values) samples.push_back(Sample(value, {{"__name__", "a"}}));
  const auto first = Unpack<remote_write::WriteRequest>(EncodeWriteRequest(samples));
  const auto second = Unpack<remote_write_v2::Request>(EncodeWriteRequestV2(samples));
  for (int i = 0; i < static_cast<int>(std::size(values)); ++i) {
    const auto bits = std::bit_cast<std::uint64_t>(values[i]);
    EXPECT_EQ(std::bit_cast<std::uint64_t>(first.timeseries(i).samples(0).value()), bits);
    EXPECT_EQ(std::bit_cast<std::uint64_t>(second.timeseries(i).samples(0).value()), bits);
  }
}

TEST(WriteRequest, WhoeverTakesVersion2For1FindsItEmpty) {
  const std::vector<RemoteSample> samples = {Sample(2.5, {{"__name__", "a"}})};
  EXPECT_THAT(Unpack<remote_write::WriteRequest>(EncodeWriteRequestV2(samples)).timeseries(), SizeIs(0));
}

}  // namespace
}  // namespace lossd::exporter
