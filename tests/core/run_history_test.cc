#include "core/run_history.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/job_table.h"

namespace lossd::core {
namespace {

void AddLosses(RunHistory& history, std::size_t count, double (*loss)(std::size_t)) {
  for (std::size_t i = 0; i < count; ++i) {
    history.Add({.loss = loss(i), .finite = std::isfinite(loss(i)), .step = static_cast<std::int64_t>(10 * i)}, {});
  }
}

float Greatest(const RunHistory& history) {
  return std::ranges::max(history.points(), {}, &RunHistory::Point::max).max;
}

float Least(const RunHistory& history) { return std::ranges::min(history.points(), {}, &RunHistory::Point::min).min; }

double OneSpike(std::size_t i) {
  if (i == 777'777) return 99;
  return i == 123'456 ? -5 : 2;
}

TEST(RunHistory, KeepsEverySampleWhileThereIsRoom) {
  RunHistory history(16, 0);
  AddLosses(history, 16, [](std::size_t i) { return static_cast<double>(i); });
  ASSERT_EQ(history.points().size(), 16u);
  EXPECT_EQ(history.stride(), 1u);
  EXPECT_EQ(history.points()[7].last, 7);
  EXPECT_EQ(history.points()[7].step, 70);
  EXPECT_EQ(history.LastSample(7), 7u);
}

TEST(RunHistory, KeepsTheExtremesOfAMillionSamples) {
  RunHistory history(1000, 0);
  EXPECT_EQ(history.capacity(), 512u);
  AddLosses(history, 1'000'000, OneSpike);
  EXPECT_EQ(history.samples(), 1'000'000u);
  EXPECT_GE(history.points().size(), 256u);
  EXPECT_EQ(Greatest(history), 99);
  EXPECT_EQ(Least(history), -5);
  EXPECT_EQ(history.points().back().step, 9'999'990);
  EXPECT_EQ(history.LastSample(history.points().size() - 1), 999'999u);
  const std::size_t place = 777'777 / history.stride();
  EXPECT_EQ(history.points()[place].max, 99);
}

TEST(RunHistory, LeavesWhatIsNotFiniteOutOfTheExtremes) {
  RunHistory history(16, 0);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (int i = 0; i < 40; ++i) history.Add({.loss = i % 3 == 0 ? nan : 1e300, .finite = i % 3 != 0}, {});
  for (const RunHistory::Point& point : history.points()) {
    EXPECT_EQ(point.max, std::numeric_limits<float>::max());
    EXPECT_EQ(point.min, std::numeric_limits<float>::max());
  }
}

TEST(RunHistory, KeepsWhatItHasWhenItsSizeChanges) {
  RunHistory history(64, 0);
  AddLosses(history, 64, [](std::size_t i) { return i == 40 ? 9.0 : 1.0; });
  history.Resize(16);
  EXPECT_EQ(history.points().size(), 16u);
  EXPECT_EQ(Greatest(history), 9);
  history.Resize(128);
  EXPECT_EQ(history.capacity(), 128u);
  EXPECT_EQ(history.stride(), 4u);
  AddLosses(history, 4, [](std::size_t) { return 3.0; });
  EXPECT_EQ(history.points().size(), 17u);
}

TEST(RunHistory, CountsFromWhereTheSeriesWas) {
  RunHistory history(16, 0, 1000);
  AddLosses(history, 20, [](std::size_t) { return 1.0; });
  EXPECT_EQ(history.LastSample(0), 1001u);
  EXPECT_EQ(history.LastSample(9), 1019u);
}

TEST(RunHistory, LetsTheShortestRegimesAndTheOutliersGoFirst) {
  RunHistory history(16, 0);
  Event event;
  for (std::uint64_t i = 0; i < RunHistory::kMaxRegimes; ++i) {
    event.sample = i < 100 ? i * 100 : (i == 100 ? 9901 : i * 100);
    history.AddMark(event, {});
  }
  event.sample = 90'000;
  history.AddMark(event, {});
  EXPECT_EQ(history.regimes().size(), RunHistory::kMaxRegimes);
  EXPECT_EQ(history.regimes().front().sample, 0u);
  EXPECT_EQ(std::ranges::count(history.regimes(), 9900u, &RunHistory::Mark::sample), 0);

  event.kind = Event::Kind::kRestart;
  history.AddMark(event, {});
  event.kind = Event::Kind::kOutlier;
  for (std::size_t i = 0; i < 1000; ++i) history.AddMark(event, {});
  EXPECT_EQ(history.events().size(), RunHistory::kMaxEvents);
  EXPECT_EQ(history.events().front().kind, Event::Kind::kRestart);
}

Sample Loss(double value) {
  Sample sample;
  sample.value = value;
  return sample;
}

void AddRun(JobTable& jobs, const std::string& job, int samples) {
  for (int i = 0; i < samples; ++i) jobs.Add(job, {}, Loss(i), {});
}

TEST(JobTableHistory, IsKeptOnlyWhereAskedFor) {
  JobTable jobs({}, {});
  AddRun(jobs, "a", 3);
  EXPECT_TRUE(jobs.Find("a")->histories.empty());
  jobs.KeepHistory({});
  AddRun(jobs, "a", 3);
  const RunHistory& history = *jobs.Find("a")->histories.at("train");
  EXPECT_EQ(history.samples(), 3u);
  EXPECT_EQ(history.LastSample(0), 3u);
  jobs.KeepHistory({.points = 0});
  EXPECT_TRUE(jobs.Find("a")->histories.empty());
  AddRun(jobs, "a", 3);
  EXPECT_TRUE(jobs.Find("a")->histories.empty());
}

TEST(JobTableHistory, StaysWithinItsBytesByLosingDetail) {
  JobTable jobs({}, {});
  const std::size_t one = RunHistory::BytesFor(64, 3);
  jobs.KeepHistory({.points = 64, .max_bytes = 2 * one});
  AddRun(jobs, "a", 64);
  AddRun(jobs, "b", 64);
  EXPECT_EQ(jobs.Find("a")->histories.at("train")->capacity(), 64u);
  AddRun(jobs, "c", 64);
  EXPECT_EQ(jobs.Find("a")->histories.at("train")->capacity(), 32u);
  EXPECT_EQ(Greatest(*jobs.Find("a")->histories.at("train")), 63);
  for (const char* name : {"d", "e", "f", "g", "h", "i", "j", "k"}) AddRun(jobs, name, 2);
  EXPECT_LE(jobs.history_bytes(), 2 * one);
  EXPECT_TRUE(jobs.Find("k")->histories.empty());
  for (const char* name : {"a", "b", "c", "d", "e", "f"}) jobs.Remove(name);
  AddRun(jobs, "l", 64);
  EXPECT_EQ(jobs.Find("l")->histories.at("train")->points().size(), jobs.Find("l")->histories.at("train")->capacity());
}

}  // namespace
}  // namespace lossd::core
