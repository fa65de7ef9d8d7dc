#include "app/routes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <sstream>
#include <string>
#include <vector>

namespace lossd::app {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;

class RoutesTest : public ::testing::Test {
 protected:
  RoutesTest() {
    now.wall = core::Timestamp(seconds(1'700'000'000));
    Enable(false);
  }

  void Enable(bool lifecycle) {
    RouteContext context;
    context.now = [this] { return now; };
    context.own_stats = [] { return exporter::OwnStats{}; };
    context.scraped = [this](double) { ++scrapes; };
    context.reload = [this] { return reload_errors; };
    context.ready = [this] { return ready; };
    routes = std::make_unique<Routes>(RouteOptions{"/metrics", lifecycle}, jobs, intake, std::move(context));
  }
  http::Response Ask(const std::string& method, const std::string& path, const std::string& body = "") {
    return routes->Handle({method, path, "", body, {}});
  }
  http::Response Post(const std::string& body) { return Ask("POST", "/api/v1/samples", body); }
  /// The losses that a job's only series has taken, oldest first.
  std::vector<double> History(const std::string& job) { return jobs.Find(job)->series.begin()->second.History(); }

  core::Instant now;
  bool ready = true;
  int scrapes = 0;
  std::vector<std::string> reload_errors;
  std::ostringstream logged;
  logging::Log log{logging::LogLevel::kInfo, logging::LogFormat::kLogfmt, logged};
  core::JobLimits limits{.max_jobs = 2, .max_series_per_job = 2};
  core::JobTable jobs{core::TrackerOptions{}, limits};
  app::Intake intake{jobs, log};
  std::unique_ptr<Routes> routes;
};

TEST_F(RoutesTest, TakesOneSample) {
  const http::Response response = Post(R"({"training_job":"llama","step":120,"loss":2.31})");
  EXPECT_EQ(response.status, 200u);
  EXPECT_EQ(response.content_type, "application/json");
  EXPECT_EQ(response.body, "{\"accepted\":1}\n");
  EXPECT_THAT(History("llama"), ElementsAre(2.31));
  EXPECT_THAT(intake.taken(), Contains(Pair("http", 1)));
}

TEST_F(RoutesTest, TakesTheGoodSamplesAndNamesTheBadOnes) {
  const http::Response response = Post(R"([{"training_job":"llama","loss":1},{"training_job":"llama"}])");
  EXPECT_EQ(response.status, 207u);
  EXPECT_THAT(response.body, HasSubstr(R"({"accepted":1,"rejected":[{"index":1,"field":"loss","reason":)"));
  EXPECT_THAT(intake.rejected(), ElementsAre(Pair("invalid_sample", 1)));
}

TEST_F(RoutesTest, RefusesABodyWithoutAnyGoodSample) {
  EXPECT_EQ(Post("{").status, 400u);
  EXPECT_EQ(Post("[]").status, 400u);
  const http::Response response = Post(R"({"training_job":"llama","loss":"high"})");
  EXPECT_EQ(response.status, 400u);
  EXPECT_THAT(response.body, HasSubstr(R"({"accepted":0,"rejected":[{"index":0,"field":"loss","reason":)"));
}

TEST_F(RoutesTest, NamesTheLimitThatASampleRunsInto) {
  Post(R"({"training_job":"a","loss":1})");
  Post(R"({"training_job":"b","loss":1})");
  EXPECT_EQ(Post(R"({"training_job":"c","loss":1})").body,
            "{\"accepted\":0,\"rejected\":[{\"index\":0,\"field\":\"training_job\",\"reason\":\"job_limit\"}]}\n");
  EXPECT_EQ(Post(R"({"training_job":"a","losses":{"x":1,"y":2}})").body,
            "{\"accepted\":0,\"rejected\":[{\"index\":0,\"field\":\"losses\",\"reason\":\"series_limit\"}]}\n");
  EXPECT_THAT(intake.rejected(), ElementsAre(Pair("job_limit", 1), Pair("series_limit", 1)));
}

TEST_F(RoutesTest, PutsSamplesIntoTheOrderOfTheirTime) {
  Post(
      R"([{"training_job":"a","loss":3,"timestamp":1699999999},{"training_job":"a","loss":2,"timestamp":1699999998}])");
  EXPECT_THAT(History("a"), ElementsAre(2, 3));
  Post(R"([{"training_job":"b","loss":3,"timestamp":1699999999},{"training_job":"b","loss":2}])");
  EXPECT_THAT(History("b"), ElementsAre(3, 2));
}

TEST_F(RoutesTest, DoesNotRaiseAnAlarmOverOldSamples) {
  Post(
      R"([{"training_job":"a","loss":1,"timestamp":1699990000},{"training_job":"a","loss":NaN,"timestamp":1699990001}])");
  EXPECT_EQ(logged.str(), "");
  Post(R"([{"training_job":"b","loss":1},{"training_job":"b","loss":NaN}])");
  EXPECT_THAT(logged.str(), HasSubstr("level=warn msg=\"non_finite\" training_job=b"));
}

TEST_F(RoutesTest, ListsShowsFinishesAndRemovesJobs) {
  Post(R"({"training_job":"team/llama 7b","loss":2.5})");
  EXPECT_THAT(Ask("GET", "/api/v1/jobs").body, HasSubstr("team/llama 7b"));
  EXPECT_THAT(Ask("GET", "/api/v1/jobs/team%2Fllama%207b").body, HasSubstr("2.5"));
  EXPECT_EQ(Ask("POST", "/api/v1/jobs/team%2Fllama%207b/finish").status, 200u);
  EXPECT_TRUE(jobs.Find("team/llama 7b")->finished);
  EXPECT_EQ(Ask("DELETE", "/api/v1/jobs/team%2Fllama%207b").status, 204u);
  EXPECT_EQ(jobs.Find("team/llama 7b"), nullptr);
}

TEST_F(RoutesTest, AdvisesACheckpointFromWellBeforeTheTrouble) {
  for (int step = 0; step < 500; step += 50)
    Post(R"({"training_job":"llama","loss":1,"step":)" + std::to_string(step) + "}");
  EXPECT_THAT(Ask("GET", "/api/v1/jobs/llama/advice").body,
              AllOf(HasSubstr(R"("step":450,)"), HasSubstr(R"("restore":false,"checkpoint_before_step":null})")));
  Post(R"([{"training_job":"llama","loss":NaN,"step":500},{"training_job":"llama","loss":NaN,"step":550}])");
  EXPECT_THAT(Ask("GET", "/api/v1/jobs/llama/advice").body,
              AllOf(HasSubstr(R"("step":550,)"), HasSubstr(R"("restore":true,"checkpoint_before_step":400})")));
}

TEST_F(RoutesTest, AdvisesOnTheLearningRate) {
  Post(R"([{"training_job":"llama","losses":{"train":1,"eval":2}},{"training_job":"llama","loss":NaN}])");
  const http::Response advice = Ask("GET", "/api/v1/jobs/llama/advice");
  EXPECT_EQ(advice.status, 200u);
  EXPECT_THAT(advice.body, HasSubstr(R"({"training_job":"llama","loss":"train","regime":"non_finite","step":null,)"
                                     R"("ratio":0.5,"reason":"non_finite","advice":")"));
  EXPECT_THAT(advice.body, HasSubstr(R"("restore":true,"checkpoint_before_step":null})"));
  const auto ask = [this](const std::string& query) {
    return routes->Handle({"GET", "/api/v1/jobs/llama/advice", query, "", {}});
  };
  EXPECT_THAT(ask("loss=eval").body,
              HasSubstr(R"("loss":"eval","regime":"warming_up","step":null,"ratio":1.0,"reason":"keep")"));
  EXPECT_EQ(ask("loss=other").status, 404u);
  EXPECT_EQ(ask("loss=%").status, 400u);
  EXPECT_EQ(ask("window=5").status, 400u);
  EXPECT_EQ(ask("loss=train&window=5").body, "{\"error\":\"unknown parameter: window; known: loss\"}\n");
  EXPECT_EQ(ask("loss=train&loss=eval").status, 400u);
  EXPECT_EQ(ask("loss=train&loss=eval").body, "{\"error\":\"parameter given twice: loss\"}\n");
  EXPECT_EQ(Ask("GET", "/api/v1/jobs/x/advice").status, 404u);
}

TEST_F(RoutesTest, SaysThatThereIsNoSuchJob) {
  for (const auto& [method, path] : std::vector<std::pair<std::string, std::string>>{
           {"GET", "/api/v1/jobs/x"}, {"DELETE", "/api/v1/jobs/x"}, {"POST", "/api/v1/jobs/x/finish"}}) {
    const http::Response response = Ask(method, path);
    EXPECT_EQ(response.status, 404u) << path;
    EXPECT_EQ(response.body, "{\"error\":\"no such job: x\"}\n") << path;
  }
  EXPECT_EQ(Ask("GET", "/api/v1/jobs/%zz").status, 400u);
}

TEST_F(RoutesTest, RendersMetricsInTheFormatThatIsAskedFor) {
  Post(R"({"training_job":"llama","loss":2.31})");
  const http::Response text = Ask("GET", "/metrics");
  EXPECT_EQ(text.status, 200u);
  EXPECT_THAT(text.content_type, HasSubstr("version=0.0.4"));
  EXPECT_THAT(text.body, HasSubstr("training_loss{training_job=\"llama\",loss=\"train\"} 2.31"));
  const http::Response open =
      routes->Handle({"GET", "/metrics", "", "", {{"accept", "application/openmetrics-text; version=1.0.0"}}});
  EXPECT_THAT(open.content_type, HasSubstr("application/openmetrics-text"));
  EXPECT_THAT(open.body, HasSubstr("# EOF"));
  EXPECT_EQ(scrapes, 2);
}

TEST_F(RoutesTest, AnswersAnUnknownPathWith404) {
  for (const char* path : {"/nope", "/metrics/", "/api/v1/jobs/", "/api/v1/jobs//finish", "/api/v1/jobs/a/b", "//"}) {
    EXPECT_EQ(Ask("GET", path).status, 404u) << path;
  }
}

TEST_F(RoutesTest, AnswersAWrongMethodWith405AndWhatIsAllowed) {
  const http::Response response = Ask("POST", "/metrics");
  EXPECT_EQ(response.status, 405u);
  EXPECT_THAT(response.headers, ElementsAre(Pair("Allow", "GET, HEAD")));
  EXPECT_THAT(Ask("GET", "/api/v1/samples").headers, ElementsAre(Pair("Allow", "POST")));
  EXPECT_THAT(Ask("PATCH", "/api/v1/jobs/a").headers, ElementsAre(Pair("Allow", "GET, HEAD, DELETE")));
  EXPECT_THAT(Ask("GET", "/-/reload").headers, ElementsAre(Pair("Allow", "POST, PUT")));
}

TEST_F(RoutesTest, AnswersHeadAsGet) { EXPECT_EQ(Ask("HEAD", "/-/healthy").status, 200u); }

TEST_F(RoutesTest, TellsHealthAndReadiness) {
  EXPECT_EQ(Ask("GET", "/-/healthy").status, 200u);
  EXPECT_EQ(Ask("GET", "/-/ready").status, 200u);
  ready = false;
  EXPECT_EQ(Ask("GET", "/-/ready").status, 503u);
  EXPECT_EQ(Ask("GET", "/-/healthy").status, 200u);
}

TEST_F(RoutesTest, ReloadsOnlyWhereThatIsEnabled) {
  EXPECT_EQ(Ask("POST", "/-/reload").status, 403u);
  Enable(true);
  EXPECT_EQ(Ask("POST", "/-/reload").status, 200u);
  EXPECT_EQ(Ask("PUT", "/-/reload").status, 200u);
  reload_errors = {"lossd.yml:1:1: a: unknown key", "lossd.yml:2:1: b: unknown key"};
  const http::Response refused = Ask("POST", "/-/reload");
  EXPECT_EQ(refused.status, 500u);
  EXPECT_EQ(refused.body, "lossd.yml:1:1: a: unknown key\nlossd.yml:2:1: b: unknown key\n");
}

TEST_F(RoutesTest, ShowsALandingPage) {
  const http::Response response = Ask("GET", "/");
  EXPECT_THAT(response.content_type, HasSubstr("text/html"));
  EXPECT_THAT(response.body, HasSubstr("/metrics"));
}

}  // namespace
}  // namespace lossd::app
