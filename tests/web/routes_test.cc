#include "web/routes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "support/job_sink.h"
#include "web/router.h"

namespace lossd::web {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

class RoutesTest : public ::testing::Test {
 protected:
  RoutesTest() { Enable(false); }

  void Enable(bool lifecycle) {
    RouteContext context;
    context.now = [this] { return now; };
    context.left_out = [] { return metrics::MetricSet(); };
    context.scraped = [this](double) { ++scrapes; };
    context.reload = [this] { return reload_errors; };
    context.ready = [this] { return ready; };
    routes = std::make_unique<Routes>(RouteOptions{"/metrics", lifecycle}, jobs, sink, std::move(context));
    router = Router();
    router.Add(routes->All());
  }
  http::Response Ask(const std::string& method, const std::string& path, const std::string& query = "",
                     const std::string& body = "") {
    return *router.Handle({method, path, query, body, {}});
  }
  void Take(const std::string& job, double loss, std::optional<std::int64_t> step = {},
            const std::string& name = core::kTrainSeries) {
    core::Sample sample;
    sample.loss = name;
    sample.value = loss;
    sample.step = step;
    sink.Take(job, {}, sample, {now, core::Origin::kLive, "http"});
  }

  core::Instant now{seconds(100), core::Timestamp(seconds(1'700'000'000))};
  bool ready = true;
  int scrapes = 0;
  std::vector<std::string> reload_errors;
  test::JobSink sink;
  core::JobTable& jobs = sink.jobs;
  std::unique_ptr<Routes> routes;
  Router router;
};

TEST_F(RoutesTest, AJobEndsAsItsSenderSays) {
  Take("a", 2.5);
  const auto finish = [&](const std::string& body) { return Ask("POST", "/api/v1/jobs/a/finish", "", body); };
  EXPECT_EQ(finish(R"({"state": "failed", "reason": "KeyError"})").status, 200u);
  EXPECT_EQ(jobs.Find("a")->state, core::JobState::kFailed);
  EXPECT_EQ(jobs.Find("a")->failure->reason, core::Failure::kException);
  EXPECT_EQ(jobs.Find("a")->failure->last_line, "KeyError");
  EXPECT_EQ(finish(R"({"state": "failed", "reason": "cuda_out_of_memory"})").status, 200u);
  EXPECT_EQ(jobs.Find("a")->failure->reason, core::Failure::kCudaOutOfMemory);
  EXPECT_EQ(finish(R"({"state": "ended", "reason": ""})").status, 200u);
  EXPECT_EQ(jobs.Find("a")->state, core::JobState::kEnded);
  EXPECT_EQ(finish(R"({"state": "failed", "reason": ")" + std::string(5000, 'x') + "\"}").status, 200u);
  EXPECT_EQ(jobs.Find("a")->failure->last_line.size(), 300u);
}

TEST_F(RoutesTest, AnEndThatSaysNothingIsRefused) {
  Take("a", 2.5);
  const auto error = [&](const std::string& body) {
    const http::Response response = Ask("POST", "/api/v1/jobs/a/finish", "", body);
    EXPECT_EQ(response.status, 400u) << body;
    return response.body;
  };
  EXPECT_EQ(error("{"), "{\"error\":\"the body is no JSON object\"}\n");
  EXPECT_EQ(error("[]"), "{\"error\":\"the body is no JSON object\"}\n");
  EXPECT_EQ(error(R"({"stat": "failed"})"), "{\"error\":\"unknown field: stat; known: state, reason\"}\n");
  EXPECT_EQ(error(R"({"state": "done"})"), "{\"error\":\"unknown state: done; known: ended, failed\"}\n");
  EXPECT_EQ(error(R"({"reason": 1})"), "{\"error\":\"reason is no text\"}\n");
  EXPECT_FALSE(jobs.Find("a")->finished());
}

TEST_F(RoutesTest, ListsShowsFinishesAndRemovesJobs) {
  Take("team/llama 7b", 2.5);
  EXPECT_THAT(Ask("GET", "/api/v1/jobs").body, HasSubstr("team/llama 7b"));
  EXPECT_THAT(Ask("GET", "/api/v1/jobs/team%2Fllama%207b").body, HasSubstr("2.5"));
  EXPECT_EQ(Ask("POST", "/api/v1/jobs/team%2Fllama%207b/finish").status, 200u);
  EXPECT_TRUE(jobs.Find("team/llama 7b")->finished());
  EXPECT_EQ(Ask("DELETE", "/api/v1/jobs/team%2Fllama%207b").status, 204u);
  EXPECT_EQ(jobs.Find("team/llama 7b"), nullptr);
}

TEST_F(RoutesTest, AdvisesACheckpointFromWellBeforeTheTrouble) {
  for (int step = 0; step < 500; step += 50) Take("llama", 1, step);
  EXPECT_THAT(Ask("GET", "/api/v1/jobs/llama/advice").body,
              AllOf(HasSubstr(R"("step":450,)"), HasSubstr(R"("restore":false,"checkpoint_before_step":null})")));
  Take("llama", std::nan(""), 500);
  Take("llama", std::nan(""), 550);
  EXPECT_THAT(Ask("GET", "/api/v1/jobs/llama/advice").body,
              AllOf(HasSubstr(R"("step":550,)"), HasSubstr(R"("restore":true,"checkpoint_before_step":400})")));
}

TEST_F(RoutesTest, AdvisesOnTheLearningRate) {
  Take("llama", 1);
  Take("llama", 2, {}, "eval");
  Take("llama", std::nan(""));
  const http::Response advice = Ask("GET", "/api/v1/jobs/llama/advice");
  EXPECT_EQ(advice.status, 200u);
  EXPECT_THAT(advice.body, HasSubstr(R"({"training_job":"llama","loss":"train","regime":"non_finite","step":null,)"
                                     R"("ratio":0.5,"reason":"non_finite","advice":")"));
  EXPECT_THAT(advice.body, HasSubstr(R"("restore":true,"checkpoint_before_step":null})"));
  const auto ask = [this](const std::string& query) { return Ask("GET", "/api/v1/jobs/llama/advice", query); };
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
  Take("llama", 2.31);
  const http::Response text = Ask("GET", "/metrics");
  EXPECT_EQ(text.status, 200u);
  EXPECT_THAT(text.content_type, HasSubstr("version=0.0.4"));
  EXPECT_THAT(text.body, HasSubstr("training_loss{training_job=\"llama\",loss=\"train\"} 2.31"));
  const http::Response open =
      *router.Handle({"GET", "/metrics", "", "", {{"accept", "application/openmetrics-text; version=1.0.0"}}});
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
  EXPECT_THAT(Ask("GET", "/api/v1/jobs/a/finish").headers, ElementsAre(Pair("Allow", "POST")));
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

TEST_F(RoutesTest, NeedWhatTheyDo) {
  const auto need = [this](const std::string& method, const std::string& path) {
    return router.AccessFor({method, path, "", "", {}});
  };
  for (const char* path : {"/", "/metrics", "/-/healthy", "/-/ready", "/api/v1/jobs", "/api/v1/jobs/a", "/nope"}) {
    EXPECT_EQ(need("GET", path), http::Access::kRead) << path;
  }
  EXPECT_EQ(need("DELETE", "/api/v1/jobs/a"), http::Access::kIngest);
  EXPECT_EQ(need("POST", "/api/v1/jobs/a/finish"), http::Access::kIngest);
  EXPECT_EQ(need("POST", "/-/reload"), http::Access::kAdminister);
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

}  // namespace
}  // namespace lossd::web
