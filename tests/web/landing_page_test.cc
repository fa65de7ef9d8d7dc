#include "web/landing_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "export/job_fixture.h"

namespace lossd::web {
namespace {

using LandingPageTest = exporter::JobFixture;
using testing::HasSubstr;
using testing::Not;

TEST_F(LandingPageTest, SaysWhereEverythingIs) {
  const std::string page = LandingPage(jobs, "1.2.3", "/custom");
  EXPECT_THAT(page, HasSubstr("version 1.2.3"));
  EXPECT_THAT(page, HasSubstr("<a href=\"/custom\">"));
  EXPECT_THAT(page, HasSubstr("<a href=\"/api/v1/jobs\">"));
  EXPECT_THAT(page, HasSubstr("No training job yet."));
}

TEST_F(LandingPageTest, HasARowForEverySeries) {
  AddLoss("j", 1.5);
  AddLoss("j", 2.5, "eval");
  const std::string page = LandingPage(jobs, "1", "/metrics");
  EXPECT_THAT(page, HasSubstr("<a href=\"/api/v1/jobs/j\">j</a></td><td>eval</td>"));
  EXPECT_THAT(page, HasSubstr("<td class=\"number\">1.5</td>"));
  EXPECT_THAT(page, Not(HasSubstr("No training job")));
}

TEST_F(LandingPageTest, EscapesNames) {
  AddLoss("<script>'a'&\"b\"/..", 1, "<i>");
  const std::string page = LandingPage(jobs, "<1>", "/\"onclick");
  EXPECT_THAT(page, Not(HasSubstr("<script>")));
  EXPECT_THAT(page, Not(HasSubstr("<i>")));
  EXPECT_THAT(page, Not(HasSubstr("<1>")));
  EXPECT_THAT(page, HasSubstr("&lt;script&gt;&#39;a&#39;&amp;&quot;b&quot;/.."));
  EXPECT_THAT(page, HasSubstr("/api/v1/jobs/%3Cscript%3E%27a%27%26%22b%22%2F.."));
  EXPECT_THAT(page, HasSubstr("href=\"/&quot;onclick\""));
}

}  // namespace
}  // namespace lossd::web
