#include "metrics/catalog.h"

#include <gtest/gtest.h>
#include <prometheus/metric_family.h>

#include <map>
#include <set>
#include <string>
#include <string_view>

#include "metrics/families.h"

namespace lossd::metrics {
namespace {

TEST(Catalog, FollowsTheRulesForNames) {
  std::set<std::string_view> names;
  for (const MetricInfo& metric : Catalog()) {
    EXPECT_TRUE(names.insert(metric.name).second) << metric.name;
    EXPECT_EQ(metric.name.ends_with("_total"), metric.type == "counter") << metric.name;
    EXPECT_TRUE(metric.type == "gauge" || metric.type == "counter") << metric.name;
    EXPECT_TRUE(metric.help.ends_with('.')) << metric.name;
  }
}

TEST(Metric, IsKnownByItsName) {
  constexpr Metric metric = "lossd_jobs";
  EXPECT_EQ(metric.info().type, "gauge");
  EXPECT_EQ(PlaceInCatalog("lossd_jobs"), metric.index());
  EXPECT_EQ(PlaceInCatalog("lossd_job"), kMetricCount);
}

TEST(Families, TakesNamesTypesAndHelpFromTheCatalogue) {
  Families families;
  families.Add("lossd_jobs", 3);
  families.AddEach("lossd_samples_total", "source", std::map<std::string, int>{{"file", 8}, {"http", 2}});
  families.Add("lossd_jobs", 4, {{"x", "y"}});
  const auto all = families.Take();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].name, "lossd_jobs");
  EXPECT_EQ(all[0].help, "Training jobs that are tracked.");
  ASSERT_EQ(all[0].metric.size(), 2u);
  EXPECT_EQ(all[0].metric[1].gauge.value, 4);
  EXPECT_EQ(all[0].metric[1].label[0].name, "x");
  EXPECT_EQ(all[1].type, prometheus::MetricType::Counter);
  ASSERT_EQ(all[1].metric.size(), 2u);
  EXPECT_EQ(all[1].metric[1].counter.value, 2);
  EXPECT_EQ(all[1].metric[1].label[0].value, "http");
}

}  // namespace
}  // namespace lossd::metrics
