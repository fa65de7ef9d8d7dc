#include "web/page_routes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include "export/job_fixture.h"
#include "http/content_coding.h"
#include "web/router.h"

namespace lossd::web {
namespace {

namespace json = boost::json;
using testing::HasSubstr;
using testing::Not;

class PageRoutesTest : public exporter::JobFixture {
 protected:
  PageRoutesTest() { router.Add(routes.All()); }

  http::Response Ask(const std::string& path, const std::string& query = "", const std::string& etag = "") {
    http::Request request{.method = "GET", .path = path, .query = query};
    if (!etag.empty()) request.headers.emplace_back("if-none-match", etag);
    return *router.Handle(request);
  }
  static std::string Header(const http::Response& response, std::string_view wanted) {
    for (const auto& [name, value] : response.headers) {
      if (name == wanted) return value;
    }
    return "";
  }

  PageRoutes routes{jobs, {[this] { return now; }, [] { return Status(); }, "/\"metrics"}};
  Router router;
};

TEST_F(PageRoutesTest, ServesPagesUnderAPolicyThatLetsNothingElseIn) {
  for (const char* path : {"/", "/jobs/any%2Fname", "/compare", "/status"}) {
    const http::Response page = Ask(path);
    EXPECT_EQ(page.status, 200u);
    EXPECT_THAT(page.content_type, HasSubstr("text/html"));
    EXPECT_THAT(Header(page, "Content-Security-Policy"),
                HasSubstr("default-src 'none'; script-src 'self'; style-src 'self';"));
    EXPECT_THAT(page.body, HasSubstr("href=\"/&quot;metrics\""));
    EXPECT_THAT(page.body, Not(HasSubstr("style=")));
    EXPECT_THAT(page.body, Not(HasSubstr("<script>")));
    EXPECT_THAT(page.body, Not(HasSubstr("http://www")));
  }
}

TEST_F(PageRoutesTest, SendsAFileOnce) {
  const http::Response script = Ask("/static/dygraph.js");
  EXPECT_EQ(script.content_type, "text/javascript; charset=utf-8");
  const http::Response again = Ask("/static/dygraph.js", "", Header(script, "ETag"));
  EXPECT_EQ(again.status, 304u);
  EXPECT_EQ(again.body, "");
}

TEST_F(PageRoutesTest, EachPageWithAllItsFilesIsLight) {
  for (const char* path : {"/", "/jobs/a", "/compare", "/status"}) {
    const std::string page = Ask(path).body;
    std::size_t bytes = http::Gzip(page).size(), files = 0;
    // Whatever it names, by src or href.
    for (std::size_t at = 0; (at = page.find("\"/static/", at)) != std::string::npos; ++files) {
      const std::size_t end = page.find('"', ++at);
      const http::Response file = Ask(page.substr(at, end - at));
      ASSERT_EQ(file.status, 200u) << page.substr(at, end - at);
      bytes += http::Gzip(file.body).size();
      at = end;
    }
    EXPECT_GE(files, 4u) << path;
    EXPECT_LE(bytes, 150u * 1024) << path;
  }
}

TEST_F(PageRoutesTest, LeavesOtherPathsToOthers) {
  for (const char* path : {"/metrics", "/static/nothing.js", "/jobs/", "/jobs/a/b", "/api/v1/jobs//history"}) {
    EXPECT_EQ(Ask(path).status, 404u) << path;
  }
  EXPECT_EQ(router.Handle({.method = "POST", .path = "/"})->status, 405u);
}

TEST_F(PageRoutesTest, TellsOfAJobsRun) {
  jobs.KeepHistory({});
  for (int i = 0; i < 5; ++i) AddLoss("a b", 5 - i);
  AddLoss("a b", 9, "aux");
  const json::value job = json::parse(Ask("/api/v1/jobs/a%20b/history").body);
  EXPECT_EQ(job.at("training_job"), "a b");
  ASSERT_EQ(job.at("series").as_array().size(), 1u);
  EXPECT_EQ(job.at("series").at(0).at("last").as_array().size(), 5u);
  EXPECT_EQ(job.at("losses").as_array().size(), 2u);
  const json::value aux = json::parse(Ask("/api/v1/jobs/a%20b/history", "loss=aux").body);
  EXPECT_EQ(aux.at("series").at(0).at("loss"), "aux");
  const json::value news = json::parse(Ask("/api/v1/jobs/a%20b/history", "loss=train&since=4&stride=1").body);
  EXPECT_EQ(news.at("series").at(0).at("first_point"), 4);
  EXPECT_EQ(news.at("series").at(0).at("last").as_array().size(), 1u);
  const json::value all = json::parse(Ask("/api/v1/jobs/a%20b/history", "loss=train&since=4&stride=2").body);
  EXPECT_EQ(all.at("series").at(0).at("first_point"), 0);
}

TEST_F(PageRoutesTest, SaysWhatIsWrongWithAQuestion) {
  AddLoss("a", 1);
  EXPECT_EQ(Ask("/api/v1/jobs/b/history").status, 404u);
  EXPECT_EQ(Ask("/api/v1/jobs/a/history", "loss=b").status, 404u);
  EXPECT_EQ(Ask("/api/v1/jobs/a/history", "since=x").status, 400u);
  EXPECT_EQ(Ask("/api/v1/jobs/a/history", "sinse=1").status, 400u);
  EXPECT_EQ(Ask("/api/v1/jobs/%2/history").status, 400u);
  EXPECT_EQ(Ask("/api/v1/overview", "sort=beauty").status, 400u);
  EXPECT_EQ(Ask("/api/v1/overview", "limit=-1").status, 400u);
  EXPECT_EQ(Ask("/api/v1/overview", "limit=1000000").status, 200u);
}

}  // namespace
}  // namespace lossd::web
