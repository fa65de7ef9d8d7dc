#include "export/metrics_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "export/job_counts.h"
#include "export/job_fixture.h"
#include "export/shared_pieces.h"
#include "metrics/families.h"
#include "support/golden_file.h"

namespace lossd::exporter {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr double kInf = std::numeric_limits<double>::infinity();

class MetricsPageTest : public JobFixture {
 protected:
  std::string Page(TextFormat format = TextFormat::kPrometheus, const metrics::MetricSet& without = {}) const {
    const JobCounts counts(jobs);
    const prometheus::Collectable* const parts[] = {&own, &counts};
    return RenderMetrics(jobs, parts, format, without);
  }

  /// A job that has logged everything, one with a single loss that is not finite, and every count of our own.
  void FillEverything() {
    for (int i = 0; i < 15; ++i) {
      core::Sample sample;
      sample.value = 4 - 0.125 * i + (i % 3 == 0 ? 0.0625 : 0);
      sample.step = 10 * i;
      sample.epoch = 0.5 * i;
      sample.learning_rate = 3e-4;
      sample.gradient_norm = 1.5;
      Add("llama-7b", sample, {{"team", "nlp"}, {"note", "a \"b\" \\ \n c"}});
    }
    AddLoss("llama-7b", 3.5, "eval");
    AddLoss("vision", std::nan(""));
    // Not in the order of the page.
    metrics::Families& families = own.families;
    families.Add("lossd_clock_jumps_total", 1, {{"direction", "back"}});
    families.Add("lossd_clock_jumps_total", 2, {{"direction", "forward"}});
    families.Add("lossd_state_saves_total", 9);
    families.Add("lossd_state_save_failures_total", 10);
    families.Add("lossd_state_loads_total", 1, {{"outcome", "damaged"}});
    families.Add("lossd_build_info", 1, {{"version", "1.2.3"}, {"revision", "abc"}, {"compiler", "g++ 12"}});
    families.Add("process_start_time_seconds", 1'700'000'000.25);
    families.Add("lossd_lines_read_total", 100'005);
    families.Add("lossd_lines_matched_total", 100'000);
    families.AddEach("lossd_lines_ignored_total", "reason", std::map<std::string, int>{{"blank", 2}, {"no_loss", 3}});
    families.Add("lossd_bytes_read_total", 123'456'789'012);
    const metrics::LabelPairs files[] = {{{"path", "/logs/a.log"}, {"training_job", "llama-7b"}},
                                         {{"path", "/logs/b.log"}, {"training_job", ""}}};
    families.Add("lossd_file_lag_bytes", 17, files[0]);
    families.Add("lossd_file_readable", 1, files[0]);
    families.Add("lossd_file_lag_bytes", 0, files[1]);
    families.Add("lossd_file_readable", 0, files[1]);
    families.Add("lossd_file_errors_total", 4, {{"reason", "EACCES"}});
    families.Add("lossd_open_files", 3);
    families.Add("lossd_file_rotations_total", 1);
    families.Add("lossd_file_truncations_total", 2);
    families.Add("lossd_watches_refused", 11);
    families.Add("lossd_watch_overflows_total", 12);
    families.Add("lossd_samples_total", 8, {{"source", "file"}});
    families.Add("lossd_samples_total", 2, {{"source", "http"}});
    families.Add("lossd_samples_rejected_total", 7, {{"reason", "job_limit"}});
    families.Add("lossd_http_requests_total", 5, {{"code", "200"}});
    families.Add("lossd_http_requests_total", 1, {{"code", "404"}});
    families.Add("lossd_http_connections_refused_total", 6);
    families.Add("lossd_http_tls_handshakes_failed_total", 3);
    families.Add("lossd_config_last_reload_successful", 1);
    families.Add("lossd_config_last_reload_success_timestamp_seconds", 1'700'000'001);
    families.Add("lossd_scrape_duration_seconds", 0.0025);
  }

  /// A part that tells of itself whatever a test wants.
  struct Part : public prometheus::Collectable {
    std::vector<prometheus::MetricFamily> Collect() const override {
      metrics::Families copy = families;
      return copy.Take();
    }
    metrics::Families families;
  };
  Part own;
};

TEST_F(MetricsPageTest, GoldenPrometheusPage) {
  FillEverything();
  ExpectGolden("metrics_page.prom", Page());
}

TEST_F(MetricsPageTest, GoldenOpenMetricsPage) {
  FillEverything();
  ExpectGolden("metrics_page.openmetrics", Page(TextFormat::kOpenMetrics));
}

TEST_F(MetricsPageTest, LeavesOutWhatMeansNothingYet) {
  AddLoss("j", 1);
  EXPECT_THAT(Page(), Not(HasSubstr("loss_velocity")));
  EXPECT_THAT(Page(), Not(HasSubstr("loss_acceleration")));
  EXPECT_THAT(Page(), Not(HasSubstr("training_step{")));
  EXPECT_THAT(Page(), Not(HasSubstr("training_learning_rate")));
  EXPECT_THAT(Page(), HasSubstr("training_loss{training_job=\"j\",loss=\"train\"} 1\n"));
  AddLoss("j", 0.5);
  EXPECT_THAT(Page(), HasSubstr("loss_velocity{training_job=\"j\",loss=\"train\",window=\"30\"} -0.5\n"));
  EXPECT_THAT(Page(), Not(HasSubstr("loss_acceleration")));
  for (int i = 0; i < 4; ++i) AddLoss("j", 0.25);
  EXPECT_THAT(Page(), HasSubstr("loss_acceleration{training_job=\"j\",loss=\"train\",window=\"30\"}"));
}

TEST_F(MetricsPageTest, TellsHowSureItIsOfSlopeAndCurvature) {
  for (int i = 0; i < 30; ++i) AddLoss("j", 9 - 0.01 * i * i + (i % 3 == 0 ? 0.02 : 0));
  const std::optional<double> acceleration =
      jobs.Find("j")->series.at("train").Snapshot().windows[1].acceleration_tstat;
  ASSERT_TRUE(acceleration);
  EXPECT_LT(*acceleration, -10);
  EXPECT_THAT(Page(), HasSubstr("loss_velocity_tstat{training_job=\"j\",loss=\"train\",window=\"30\"} -"));
  EXPECT_THAT(Page(), HasSubstr("loss_acceleration_tstat{training_job=\"j\",loss=\"train\",window=\"30\"} -"));
}

TEST_F(MetricsPageTest, TellsHowFarALossHasLeftItsLevel) {
  const std::string series = "loss_excursion_deviations{training_job=\"j\",loss=\"train\"} ";
  AddLoss("j", 2);
  EXPECT_THAT(Page(), Not(HasSubstr("loss_excursion_deviations")));
  for (int i = 0; i < 100; ++i) AddLoss("j", 2 + 0.05 * std::sin(i * i));
  EXPECT_THAT(Page(), HasSubstr(series + "0\n"));
  for (int i = 0; i < 10; ++i) AddLoss("j", 9 + 0.01 * i);
  EXPECT_THAT(Page(), HasSubstr(series));
  EXPECT_THAT(Page(), Not(HasSubstr(series + "0\n")));
}

TEST_F(MetricsPageTest, SpellsNonFiniteNumbersAsPrometheusDoes) {
  AddLoss("j", std::nan(""));
  EXPECT_THAT(Page(), HasSubstr("training_loss{training_job=\"j\",loss=\"train\"} NaN\n"));
  AddLoss("j", kInf);
  EXPECT_THAT(Page(), HasSubstr("training_loss{training_job=\"j\",loss=\"train\"} +Inf\n"));
  AddLoss("j", -kInf);
  EXPECT_THAT(Page(), HasSubstr("training_loss{training_job=\"j\",loss=\"train\"} -Inf\n"));
  for (const char* kind : {"nan", "+inf", "-inf"}) {
    EXPECT_THAT(Page(), HasSubstr("training_loss_nonfinite_total{training_job=\"j\",loss=\"train\",kind=\"" +
                                  std::string(kind) + "\"} 1\n"));
  }
}

TEST_F(MetricsPageTest, HasExactlyOneRegime) {
  AddLoss("j", 1);
  const std::string page = Page();
  std::size_t ones = 0, zeros = 0;
  for (const core::Regime regime : core::kRegimes) {
    const std::string series = "training_regime{training_job=\"j\",loss=\"train\",role=\"whole\",regime=\"" +
                               std::string(core::Name(regime)) + "\"} ";
    ones += page.find(series + "1\n") != std::string::npos;
    zeros += page.find(series + "0\n") != std::string::npos;
  }
  EXPECT_EQ(ones, 1u);
  EXPECT_EQ(zeros, core::kRegimeCount - 1);
}

TEST_F(MetricsPageTest, GivesEverySeriesOfAJobItsLabels) {
  core::Sample sample;
  sample.step = 5;
  Add("j", sample, {{"team", "nlp"}});
  EXPECT_THAT(Page(), HasSubstr("training_step{training_job=\"j\",team=\"nlp\"} 5\n"));
  EXPECT_THAT(Page(), HasSubstr("training_loss{training_job=\"j\",loss=\"train\",team=\"nlp\"} 0\n"));
}

TEST_F(MetricsPageTest, WritesNoFamilyWithoutSamples) {
  const std::string page = Page();
  EXPECT_THAT(page, Not(HasSubstr("training_")));
  EXPECT_THAT(page, Not(HasSubstr("lossd_lines_ignored_total")));
  EXPECT_THAT(page, HasSubstr("lossd_jobs 0\n"));
}

TEST_F(MetricsPageTest, IsTheSameTextForTheSameState) {
  FillEverything();
  EXPECT_EQ(Page(), Page());
}

TEST_F(MetricsPageTest, ForgetsARemovedJob) {
  AddLoss("gone", 1);
  jobs.Remove("gone");
  EXPECT_THAT(Page(), Not(HasSubstr("gone")));
}

TEST_F(MetricsPageTest, WritesAFamilyOnceWhoeverTellsOfIt) {
  own.families.Add("lossd_samples_total", 8, {{"source", "file"}});
  Part other;
  other.families.Add("lossd_samples_total", 2, {{"source", "http"}});
  const prometheus::Collectable* const parts[] = {&own, &other};
  EXPECT_THAT(RenderMetrics(jobs, parts, TextFormat::kPrometheus),
              testing::EndsWith("# TYPE lossd_samples_total counter\nlossd_samples_total{source=\"file\"} 8\n"
                                "lossd_samples_total{source=\"http\"} 2\n"));
}

TEST(NegotiateFormat, AnswersPrometheusAsItAsks) {
  // What Prometheus 2.42 and 3.0 send.
  EXPECT_EQ(
      NegotiateFormat("application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
                      "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"),
      TextFormat::kOpenMetrics);
  EXPECT_EQ(NegotiateFormat(
                "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,"
                "application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,"
                "text/plain;version=0.0.4;q=0.2,/;q=0.1"),
            TextFormat::kOpenMetrics);
  EXPECT_EQ(
      NegotiateFormat("text/plain;version=0.0.4;q=0.6,application/openmetrics-text;version=1.0.0;q=0.5,*/*;q=0.1"),
      TextFormat::kPrometheus);
}

TEST(NegotiateFormat, AnswersTextWhereNobodyAsksForOpenMetrics) {
  for (const char* accept :
       {"", "*/*", "text/plain", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
        "application/openmetrics-text;q=0", "application/openmetrics-text;version=0.0.1",
        "application/openmetrics-text;q=nonsense", "application/openmetrics-text;q=7", "application/json",
        "application/openmetrics-text;q=0.5, text/*", "application/openmetrics-text;q=0.5, */*;q=0.6"}) {
    EXPECT_EQ(NegotiateFormat(accept), TextFormat::kPrometheus) << accept;
  }
}

TEST(NegotiateFormat, ReadsQualitiesAndVersions) {
  for (const char* accept :
       {"application/openmetrics-text", "Application/OpenMetrics-Text; Version=\"1.0.0\" ; Q=0.3",
        "application/openmetrics-text, */*", "text/plain;q=0.2, application/openmetrics-text;q=0.3",
        ", ,application/openmetrics-text;q=1.000,;;="}) {
    EXPECT_EQ(NegotiateFormat(accept), TextFormat::kOpenMetrics) << accept;
  }
}

TEST(ContentType, NamesTheVersion) {
  EXPECT_EQ(ContentType(TextFormat::kPrometheus), "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_EQ(ContentType(TextFormat::kOpenMetrics), "application/openmetrics-text; version=1.0.0; charset=utf-8");
}

/// The page of the fixture's table, put together from its pieces.
class PagePiecesTest : public MetricsPageTest {
 protected:
  std::string Pieces(TextFormat format, std::size_t* largest = nullptr, const metrics::MetricSet& without = {}) {
    const JobCounts counts(jobs);
    PagePieces pieces(jobs, {&own, &counts}, format, without);
    std::string page;
    for (bool more = true; more;) {
      std::string piece;
      more = pieces.Next(piece);
      if (largest != nullptr) *largest = std::max(*largest, piece.size());
      page += piece;
    }
    return page;
  }
};

TEST_F(PagePiecesTest, AreTheSamePage) {
  EXPECT_EQ(Pieces(TextFormat::kPrometheus), Page());
  FillEverything();
  EXPECT_EQ(Pieces(TextFormat::kPrometheus), Page());
  EXPECT_EQ(Pieces(TextFormat::kOpenMetrics), Page(TextFormat::kOpenMetrics));
}

TEST_F(PagePiecesTest, LeaveOutWhatThePageLeavesOut) {
  FillEverything();
  metrics::MetricSet without;
  for (const std::string_view name : {"loss_velocity", "training_regime", "training_step", "lossd_jobs"}) {
    without.set(metrics::PlaceInCatalog(name));
  }
  const std::string page = Page(TextFormat::kPrometheus, without);
  EXPECT_EQ(Pieces(TextFormat::kPrometheus, nullptr, without), page);
  // Just these are missing, lines and heads, and their namesakes are there.
  std::string expected;
  std::istringstream lines(Page());
  for (std::string line; std::getline(lines, line);) {
    const std::string_view text = line.starts_with("# ") ? std::string_view(line).substr(7) : line;
    const std::size_t place = metrics::PlaceInCatalog(text.substr(0, text.find_first_of("{ ")));
    if (!without[place]) expected += line + '\n';
  }
  EXPECT_EQ(page, expected);
}

TEST_F(PagePiecesTest, AreSmallHoweverLargeThePageIs) {
  const core::Labels labels{{"a", std::string(200, 'a')}, {"b", std::string(200, 'b')}};
  for (int job = 0; job < 300; ++job) {
    for (const char* loss : {"train", "eval", "loss_cls"}) AddLoss("job-" + std::to_string(job), 1.5, loss);
  }
  for (int series = 0; series < 64; ++series) {
    core::Sample sample;
    sample.loss = "part-" + std::to_string(series);
    Add("wide", sample, labels);
  }
  std::size_t largest = 0;
  EXPECT_EQ(Pieces(TextFormat::kPrometheus, &largest), Page());
  EXPECT_LT(largest, 2 * PagePieces::kPieceBytes);
}

/// However little they tell: whoever waits for a piece to be made waits for so many series at most.
TEST_F(PagePiecesTest, LookAtSoManySeriesEach) {
  constexpr std::size_t kJobs = 3 * PagePieces::kSeriesInPiece;
  for (std::size_t job = 0; job < kJobs; ++job) AddLoss("job-" + std::to_string(job), 1.5);
  // The first of a series and the first of a job, of whose passes the second knows all series; no job has any of these.
  metrics::MetricSet all_but_two;
  all_but_two.set();
  for (const std::string_view name : {"loss_noise", "training_loss_gap", "training_epoch"})
    all_but_two.reset(metrics::PlaceInCatalog(name));
  PagePieces pieces(jobs, {}, TextFormat::kPrometheus, all_but_two);
  std::size_t count = 0;
  std::string page;
  while (pieces.Next(page)) ++count;
  EXPECT_EQ(page, "");
  EXPECT_GE(count, 3 * kJobs / PagePieces::kSeriesInPiece);
}

TEST_F(PagePiecesTest, AreTheSameWhereTheTableIsNeverTheSame) {
  FillEverything();
  for (int job = 0; job < 300; ++job) {
    for (const char* loss : {"train", "eval"}) AddLoss("job-" + std::to_string(job), 1.5, loss);
  }
  const std::string page = Page();
  const JobCounts counts(jobs);
  PagePieces pieces(jobs, {&own, &counts}, TextFormat::kPrometheus);
  std::string same;
  for (bool more = true; more;) {
    std::string piece;
    more = pieces.Next(piece);
    same += piece;
    // No series stays in the list that was made of them.
    AddLoss("passing", 1.5);
    jobs.Remove("passing");
  }
  EXPECT_TRUE(same == page);
}

TEST_F(PagePiecesTest, GoOnWhereTheTableHasChanged) {
  for (int job = 0; job < 400; ++job) AddLoss("job-" + std::to_string(1000 + job), 1.5);
  PagePieces pieces(jobs, {}, TextFormat::kPrometheus);
  std::string page;
  for (bool more = true; more;) {
    std::string piece;
    more = pieces.Next(piece);
    page += piece;
    // Whatever stood where we stopped goes, and something else comes.
    if (!jobs.jobs().empty()) jobs.Remove(std::string(jobs.jobs().begin()->first));
    AddLoss("new-" + std::to_string(page.size()), 2.5);
  }
  EXPECT_THAT(page, HasSubstr("training_loss{training_job=\"job-1399\",loss=\"train\"} 1.5\n"));
  std::set<std::string> heads;
  for (std::size_t at = page.find("# TYPE "); at != std::string::npos; at = page.find("# TYPE ", at + 1)) {
    EXPECT_TRUE(heads.insert(page.substr(at, page.find('\n', at) - at)).second);
  }
}

class SharedPiecesTest : public PagePiecesTest {
 protected:
  SharedPiecesTest() {
    for (int job = 0; job < 400; ++job) AddLoss("job-" + std::to_string(1000 + job), 1.5);
  }
  PagePieces Begin(TextFormat format = TextFormat::kPrometheus) {
    shared.Begin();
    return {jobs, {&own}, format};
  }
  /// The next piece, and whether there is more.
  bool Take(PagePieces& pieces, std::string& page) {
    std::string piece;
    const bool more = shared.Next(pieces, piece, time);
    page += piece;
    return more;
  }
  void TakeAll(PagePieces& pieces, std::string& page) {
    while (Take(pieces, page)) {
    }
    shared.End();
  }

  SharedPieces shared;
  std::chrono::nanoseconds time{0};
};

TEST_F(SharedPiecesTest, AreMadeOnceForThoseWhoComeTogether) {
  PagePieces first = Begin(), second = Begin();
  std::string page, same;
  while (page.empty()) ASSERT_TRUE(Take(first, page));  // the first metrics have no line yet
  AddLoss("job-0000", 2.5);                             // which the second would have in its own
  while (same.empty()) ASSERT_TRUE(Take(second, same));
  for (bool more = true; more;) {
    more = Take(second, same);
    EXPECT_EQ(Take(first, page), more);
  }
  shared.End();
  EXPECT_TRUE(page == same);
  EXPECT_EQ(page.find("\ntraining_loss{training_job=\"job-0000\""), std::string::npos);
  EXPECT_LT(shared.held_bytes(), SharedPieces::kMostBytes + 2 * PagePieces::kPieceBytes);
  shared.End();
  EXPECT_EQ(shared.held_bytes(), 0U);
}

/// Whatever piece each is at: here each makes its own.
TEST_F(SharedPiecesTest, MakeOneListOfTheSeriesForAll) {
  for (int job = 0; job < 30; ++job) AddLoss("job-" + std::to_string(1000 + 10 * job), 1.5, "eval");
  FillEverything();
  const std::string whole = Page();
  const JobCounts counts(jobs);
  const auto known = shared.known();
  for (const std::size_t ahead : {0, 1, 2, 20}) {
    jobs.Remove("passing");
    AddLoss("passing", 1.5);
    const std::string with_passing = Page();
    std::optional<PagePieces> gone(std::in_place, jobs, std::vector<const prometheus::Collectable*>{&own, &counts},
                                   TextFormat::kPrometheus, metrics::MetricSet{}, shared.known());
    std::string page, other, lost;
    gone->Next(lost);  // which begins the list, and leaves it
    PagePieces first(jobs, {&own, &counts}, TextFormat::kPrometheus, {}, shared.known());
    PagePieces second(jobs, {&own, &counts}, TextFormat::kPrometheus, {}, shared.known());
    for (std::size_t i = 0; i < ahead; ++i) first.Next(page);
    gone.reset();
    for (bool more = true, other_more = true; more || other_more;) {
      if (more) more = first.Next(page);
      if (other_more) other_more = second.Next(other);
    }
    EXPECT_TRUE(page == with_passing) << ahead;
    EXPECT_TRUE(other == with_passing) << ahead;
    EXPECT_TRUE(known->IsOf(jobs)) << ahead;
    EXPECT_EQ(known->size(), jobs.series()) << ahead;
  }
  jobs.Remove("passing");
  EXPECT_EQ(shared.known(), known);
  EXPECT_EQ(Page(), whole);
}

TEST_F(SharedPiecesTest, AreMadeAnewForOneWhoComesLater) {
  PagePieces first = Begin();
  PagePieces second = Begin();
  std::string page, later;
  TakeAll(first, page);
  shared.Begin();
  AddLoss("job-0000", 2.5);
  time += SharedPieces::kFresh + std::chrono::milliseconds(1);
  TakeAll(second, later);
  EXPECT_NE(later.find("\ntraining_loss{training_job=\"job-0000\""), std::string::npos);
}

TEST_F(SharedPiecesTest, AreNotKeptForOneAlone) {
  std::string page, again;
  PagePieces first = Begin();
  TakeAll(first, page);
  AddLoss("job-0000", 2.5);
  PagePieces second = Begin();
  TakeAll(second, again);
  EXPECT_NE(again.find("\ntraining_loss{training_job=\"job-0000\""), std::string::npos);
  EXPECT_EQ(shared.held_bytes(), 0U);
}

TEST_F(SharedPiecesTest, AreApartByFormat) {
  PagePieces first = Begin(), second = Begin(TextFormat::kOpenMetrics);
  std::string page, other;
  while (Take(first, page)) {
  }
  while (Take(second, other)) {
  }
  EXPECT_TRUE(other.ends_with("# EOF\n"));
  EXPECT_FALSE(page.ends_with("# EOF\n"));
}

TEST_F(PagePiecesTest, AreWantedForALargePageOnly) {
  AddLoss("j", 1);
  EXPECT_FALSE(IsLargePage(jobs));
  for (int job = 0; job < 1000; ++job) AddLoss("job-" + std::to_string(job), 1);
  EXPECT_TRUE(IsLargePage(jobs));
}

}  // namespace
}  // namespace lossd::exporter
