#include "push/native/native_protocol.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <deque>
#include <functional>
#include <string>
#include <vector>

#include "push/native/sample_json.h"
#include "support/job_sink.h"

namespace lossd::push {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
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

std::string Lines(std::size_t count, std::string_view line) {
  std::string body;
  for (std::size_t i = 0; i < count; ++i) (body += line) += '\n';
  return body;
}

TEST_F(NativeProtocolTest, ListsTheFirstHundredRejectionsAndCountsTheRest) {
  const http::Response response = Post(Lines(150, "{}") + Lines(50, "nonsense") + R"({"training_job":"a","loss":1})");
  EXPECT_EQ(response.status, 207u);
  EXPECT_THAT(response.body, HasSubstr(R"("index":99)"));
  EXPECT_THAT(response.body, Not(HasSubstr(R"("index":100)")));
  EXPECT_THAT(response.body, HasSubstr(R"("rejected_total":200,"unlisted":{"missing":50,"not JSON":50}})"));
  EXPECT_THAT(sink.rejected, ElementsAre(Pair("invalid_sample", 200)));
}

TEST_F(NativeProtocolTest, AnswersMillionsOfBadLinesWithAFew) {
  const http::Response response = Post(Lines(1'000'000, "x"));
  EXPECT_EQ(response.status, 400u);
  EXPECT_LT(response.body.size(), 20'000u);
  EXPECT_THAT(response.body, HasSubstr(R"("rejected_total":1000000)"));
  EXPECT_THAT(response.body, HasSubstr(R"("not read: too many before it were rejected":900000)"));
}

TEST_F(NativeProtocolTest, RepeatsOnlySoMuchOfANameThatItRefuses) {
  const std::string name(100'000, 'n');
  const http::Response response = Post(Lines(200, R"({"training_job":"a","losses":{")" + name + R"(":"x"}})"));
  EXPECT_LT(response.body.size(), 60'000u);
}

class LongBodies : public NativeProtocolTest {
 protected:
  LongBodies() {
    host.post = [this](std::function<void()> task) { tasks.push_back(std::move(task)); };
  }
  /// The status, or 0 where the answer is to come; it is then the next of `late`.
  unsigned Begin(const std::string& body) {
    const http::Request request{"POST", "/api/v1/samples", "", body, {}};
    const auto answer =
        protocol.Routes(host)[0].handle({request, {}, [this](http::Response response) { late.push_back(response); }});
    return answer ? answer->status : 0;
  }
  void Turn() {
    auto task = std::move(tasks.front());
    tasks.pop_front();
    task();
  }

  std::deque<std::function<void()>> tasks;
  std::vector<http::Response> late;
};

TEST_F(LongBodies, AreTakenInTurns) {
  EXPECT_EQ(Begin(Lines(10'000, R"({"training_job":"a","loss":1})")), 0u);
  EXPECT_EQ(sink.taken.at("http"), 4096u);
  Turn();
  EXPECT_EQ(sink.taken.at("http"), 8192u);
  EXPECT_TRUE(late.empty());
  Turn();
  ASSERT_EQ(late.size(), 1u);
  EXPECT_EQ(late[0].body, "{\"accepted\":10000}\n");
  EXPECT_TRUE(tasks.empty());
}

TEST_F(LongBodies, KeepNoShortOneWaiting) {
  EXPECT_EQ(Begin(Lines(5'000, R"({"training_job":"a","loss":1})")), 0u);
  EXPECT_EQ(Begin(R"({"training_job":"b","loss":7})"), 200u);
  while (!tasks.empty()) Turn();
  EXPECT_EQ(late.size(), 1u);
}

TEST_F(LongBodies, AreRefusedWhereTooManyWait) {
  const std::string body = Lines(200'000, R"({"training_job":"a","loss":1,"unknown":"0123456789"})");
  unsigned status = 0;
  for (int i = 0; i < 5 && status == 0; ++i) status = Begin(body);
  EXPECT_EQ(status, 503u);
}

TEST_F(NativeProtocolTest, DoesNoMoreForManyNamesThanForAFew) {
  std::string losses;
  for (int i = 0; i < 200'000; ++i) losses += (i == 0 ? "" : ",") + ("\"n" + std::to_string(i)) + "\":1";
  const http::Response response = Post(R"({"training_job":"a","losses":{)" + losses + "}}");
  EXPECT_THAT(response.body, HasSubstr("more than 1024 names"));
  EXPECT_TRUE(sink.taken.empty() || sink.taken.at("http") == 0);
}

TEST_F(NativeProtocolTest, RefusesAnArrayThatIsTooLong) {
  std::string body = "[";
  for (std::size_t i = 0; i < SampleReader::kMostInArray; ++i) {
    (body += i == 0 ? "" : ",") += R"({"training_job":"a","loss":1})";
  }
  EXPECT_EQ(Post(body + "]").status, 200u);
  EXPECT_THAT(Post(body + R"(,{"training_job":"a","loss":1}])").body, HasSubstr("send them one a line"));
}

}  // namespace
}  // namespace lossd::push
