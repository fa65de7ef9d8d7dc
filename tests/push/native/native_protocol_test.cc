#include "push/native/native_protocol.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "support/job_sink.h"

namespace lossd::push {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

class NativeProtocolTest : public ::testing::Test {
 protected:
  http::Response Post(const std::string& body) {
    const http::Request request{"POST", "/api/v1/samples", "", body, {}};
    return *protocol.Routes(host)[0].handle({request, {}, {}});
  }

  core::Instant now{seconds(100), core::Timestamp(seconds(1'700'000'000))};
  test::JobSink sink{{.max_jobs = 2, .max_series_per_job = 2}};
  ProtocolHost host{sink, [this] { return now; }};
  NativeProtocol protocol;
};

TEST_F(NativeProtocolTest, TakesOneSample) {
  const http::Response response = Post(R"({"training_job":"llama","step":120,"loss":2.31})");
  EXPECT_EQ(response.status, 200u);
  EXPECT_EQ(response.content_type, "application/json");
  EXPECT_EQ(response.body, "{\"accepted\":1}\n");
  EXPECT_THAT(sink.History("llama"), ElementsAre(2.31));
  EXPECT_THAT(sink.taken, ElementsAre(Pair("http", 1)));
}

TEST_F(NativeProtocolTest, TakesTheGoodSamplesAndNamesTheBadOnes) {
  const http::Response response = Post(R"([{"training_job":"llama","loss":1},{"training_job":"llama"}])");
  EXPECT_EQ(response.status, 207u);
  EXPECT_THAT(response.body, HasSubstr(R"({"accepted":1,"rejected":[{"index":1,"field":"loss","reason":)"));
  EXPECT_THAT(sink.rejected, ElementsAre(Pair("invalid_sample", 1)));
}

TEST_F(NativeProtocolTest, RefusesABodyWithoutAnyGoodSample) {
  EXPECT_EQ(Post("{").status, 400u);
  EXPECT_EQ(Post("[]").status, 400u);
  const http::Response response = Post(R"({"training_job":"llama","loss":"high"})");
  EXPECT_EQ(response.status, 400u);
  EXPECT_THAT(response.body, HasSubstr(R"({"accepted":0,"rejected":[{"index":0,"field":"loss","reason":)"));
}

TEST_F(NativeProtocolTest, NamesTheLimitThatASampleRunsInto) {
  Post(R"({"training_job":"a","loss":1})");
  Post(R"({"training_job":"b","loss":1})");
  EXPECT_EQ(Post(R"({"training_job":"c","loss":1})").body,
            "{\"accepted\":0,\"rejected\":[{\"index\":0,\"field\":\"training_job\",\"reason\":\"job_limit\"}]}\n");
  EXPECT_EQ(Post(R"({"training_job":"a","losses":{"x":1,"y":2}})").body,
            "{\"accepted\":0,\"rejected\":[{\"index\":0,\"field\":\"losses\",\"reason\":\"series_limit\"}]}\n");
  EXPECT_THAT(sink.rejected, ElementsAre(Pair("job_limit", 1), Pair("series_limit", 1)));
}

TEST_F(NativeProtocolTest, PutsSamplesIntoTheOrderOfTheirTime) {
  Post(
      R"([{"training_job":"a","loss":3,"timestamp":1699999999},{"training_job":"a","loss":2,"timestamp":1699999998}])");
  EXPECT_THAT(sink.History("a"), ElementsAre(2, 3));
  Post(R"([{"training_job":"b","loss":3,"timestamp":1699999999},{"training_job":"b","loss":2}])");
  EXPECT_THAT(sink.History("b"), ElementsAre(3, 2));
}

TEST_F(NativeProtocolTest, TakesOldSamplesForHistory) {
  Post(
      R"([{"training_job":"a","loss":1,"timestamp":1699999000},{"training_job":"a","loss":2,"timestamp":1699999990}])");
  Post(R"({"training_job":"a","loss":3})");
  // As far back as a timestamp can be: the difference to now does not fit.
  Post(R"({"training_job":"a","loss":4,"timestamp":-9e9})");
  EXPECT_THAT(sink.origins,
              ElementsAre(core::Origin::kCatchUp, core::Origin::kLive, core::Origin::kLive, core::Origin::kCatchUp));
}

TEST_F(NativeProtocolTest, NeedsTheRightToBringSamples) {
  const std::vector<http::Route> routes = protocol.Routes(host);
  ASSERT_EQ(routes.size(), 1u);
  EXPECT_EQ(routes[0].path, "/api/v1/samples");
  EXPECT_EQ(routes[0].access, http::Access::kIngest);
}

}  // namespace
}  // namespace lossd::push
