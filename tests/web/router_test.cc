#include "web/router.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace lossd::web {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

class RouterTest : public ::testing::Test {
 protected:
  /// A route whose answer is the parameters that it got.
  void Add(const std::string& path, const std::vector<std::string_view>& methods = {"POST"},
           http::Access access = http::Access::kIngest) {
    router.Add({{path, methods, access, [](const http::Call& call) {
                   http::Response response;
                   for (const std::string& parameter : call.parameters) response.body += '<' + parameter + '>';
                   return response;
                 }}});
  }
  http::Response Ask(const std::string& method, const std::string& path) {
    return *router.Handle({method, path, "", "", {}});
  }
  std::string Post(const std::string& path) {
    const http::Response response = Ask("POST", path);
    return response.status == 200 ? response.body : std::to_string(response.status);
  }

  Router router;
};

TEST_F(RouterTest, GivesWhatStandsForTheParameters) {
  Add("/metrics/job/{job}");
  Add("/metrics/job/{job}/{labels...}");
  Add("/experiments/{id}/runs/{run}/log");
  EXPECT_EQ(Post("/metrics/job/a%2Fb"), "<a/b>");
  EXPECT_EQ(Post("/metrics/job/a/zone/eu%201/rank/0"), "<a><zone/eu 1/rank/0>");
  EXPECT_EQ(Post("/experiments/7/runs/x/log"), "<7><x>");
}

TEST_F(RouterTest, TakesNoEmptyParameter) {
  Add("/job/{job}");
  Add("/all/{rest...}");
  for (const char* path : {"/job", "/job/", "/job//", "/job/a/", "/job/a/b", "/all", "/all/", "job/a", ""}) {
    EXPECT_EQ(Post(path), "404") << path;
  }
}

TEST_F(RouterTest, RefusesWhatIsNotEncodedCorrectly) {
  Add("/job/{job}");
  EXPECT_EQ(Post("/job/%zz"), "400");
}

TEST_F(RouterTest, NamesTheMethodsOfAllRoutesOfAPath) {
  Add("/job/{job}", {"GET"}, http::Access::kRead);
  Add("/job/{job}", {"PUT", "DELETE"});
  EXPECT_EQ(Ask("HEAD", "/job/a").status, 200u);
  const http::Response refused = Ask("PATCH", "/job/a");
  EXPECT_EQ(refused.status, 405u);
  EXPECT_THAT(refused.headers, ElementsAre(Pair("Allow", "GET, HEAD, PUT, DELETE")));
}

TEST_F(RouterTest, KnowsWhatARequestNeeds) {
  Add("/job/{job}", {"GET"}, http::Access::kRead);
  Add("/job/{job}", {"PUT"});
  EXPECT_EQ(router.AccessFor({"PUT", "/job/a", "", "", {}}), http::Access::kIngest);
  EXPECT_EQ(router.AccessFor({"GET", "/job/a", "", "", {}}), http::Access::kRead);
  // 404 and 405 are shown to everybody.
  EXPECT_EQ(router.AccessFor({"PUT", "/job", "", "", {}}), http::Access::kRead);
}

TEST_F(RouterTest, ARouteSaysWhichBodiesItTakesWhileTheyComeIn) {
  router.Add({{"/pass/{rest...}",
               {"PUT"},
               http::Access::kIngest,
               [](const http::Call&) { return http::Response(); },
               [](const http::Request& head) { return head.path == "/pass/a"; }}});
  Add("/whole", {"PUT"});
  EXPECT_TRUE(router.TakesIncoming({"PUT", "/pass/a", "", "", {}}));
  EXPECT_FALSE(router.TakesIncoming({"PUT", "/pass/b", "", "", {}}));
  EXPECT_FALSE(router.TakesIncoming({"GET", "/pass/a", "", "", {}}));
  EXPECT_FALSE(router.TakesIncoming({"PUT", "/whole", "", "", {}}));
}

TEST_F(RouterTest, LeavesTheAnswerToAHandlerThatNeedsTime) {
  std::function<void(http::Response)> later;
  router.Add({{"/slow", {"GET"}, http::Access::kRead, [&](const http::Call& call) {
                 later = call.later;
                 return std::optional<http::Response>();
               }}});
  unsigned status = 0;
  EXPECT_FALSE(router.Handle({"GET", "/slow", "", "", {}}, [&](http::Response response) { status = response.status; }));
  later({.status = 202});
  EXPECT_EQ(status, 202u);
}

}  // namespace
}  // namespace lossd::web
