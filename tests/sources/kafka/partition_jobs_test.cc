#include "sources/kafka/partition_jobs.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "app/intake.h"
#include "logging/log.h"

namespace lossd::sources {
namespace {

using namespace std::chrono_literals;

const Partition kFirst{"samples", 0}, kSecond{"samples", 1};

/// A process with its job table.
struct Process {
  std::ostringstream text;
  logging::Log log{logging::LogLevel::kDebug, logging::LogFormat::kLogfmt, text};
  boost::asio::io_context io;
  core::Instant now{1h, core::Timestamp(1'700'000'000s)};
  core::JobTable table{{}, {}};
  app::Intake intake{table, log};
  SourceHost host{intake, log, io, [this] { return now; }, {}, {}, &table};
  PartitionJobs jobs{host, "kafka"};

  void Take(const Partition& partition, const std::string& job, int first, int last) {
    RecordBatch batch{partition, {}};
    JobSamples& samples = batch.jobs.emplace_back();
    samples.job = job;
    for (int step = first; step < last; ++step) {
      core::Sample& sample = samples.samples.emplace_back();
      sample.value = 3.0 / (1 + step);
      sample.step = step;
    }
    jobs.Take(batch);
  }
  std::vector<PartitionJobs::Change> Export() {
    std::vector<PartitionJobs::Change> changes;
    jobs.BeginExport({}, now);
    while (jobs.Export(1, now, changes)) {
    }
    return changes;
  }
  std::string Dynamics(const std::string& job) const {
    core::StateWriter out;
    table.Find(job)->series.at("train").SaveDynamics(out);
    return out.Take();
  }
};

TEST(PartitionJobs, AJobMovesToTheBit) {
  Process one, first, second;
  one.Take(kFirst, "a", 0, 300);
  first.Take(kFirst, "a", 0, 120);
  const auto changes = first.Export();
  ASSERT_EQ(changes.size(), 1U);
  first.jobs.Drop({kFirst});
  EXPECT_EQ(first.table.Find("a"), nullptr);
  ASSERT_TRUE(second.jobs.Import(kFirst, changes[0].job));
  second.Take(kFirst, "a", 120, 300);
  EXPECT_EQ(second.Dynamics("a"), one.Dynamics("a"));
}

TEST(PartitionJobs, OnlyWhatHasChangedIsExported) {
  Process process;
  process.Take(kFirst, "a", 0, 5);
  process.Take(kSecond, "b", 0, 5);
  EXPECT_EQ(process.Export().size(), 2U);
  EXPECT_TRUE(process.Export().empty());
  process.Take(kSecond, "b", 5, 6);
  const auto changes = process.Export();
  ASSERT_EQ(changes.size(), 1U);
  EXPECT_EQ(changes[0].job.name, "b");
  process.jobs.Redo({{kSecond, "b"}});
  EXPECT_EQ(process.Export().size(), 1U);
}

TEST(PartitionJobs, WhatTimeChangesIsExported) {
  Process process;
  process.Take(kFirst, "a", 0, 5);
  process.Export();
  process.table.Finish("a", process.now);
  EXPECT_EQ(process.Export().size(), 1U);
}

TEST(PartitionJobs, AnExpiredJobIsDeletedOnce) {
  Process process;
  process.Take(kFirst, "a", 0, 5);
  process.Export();
  process.table.Remove("a");
  const auto changes = process.Export();
  ASSERT_EQ(changes.size(), 1U);
  EXPECT_TRUE(changes[0].gone);
  EXPECT_TRUE(process.Export().empty());
  process.jobs.Redo({{kFirst, "a"}});
  ASSERT_EQ(process.Export().size(), 1U);
}

TEST(PartitionJobs, AJobGoesOnInAnotherPartition) {
  Process process;
  process.Take(kFirst, "a", 0, 50);
  process.Export();
  process.Take(kSecond, "a", 50, 60);
  EXPECT_EQ(process.table.Find("a")->series.at("train").samples(), 60U);
  const auto changes = process.Export();
  ASSERT_EQ(changes.size(), 2U);
  EXPECT_EQ(changes[0].partition, kSecond);
  EXPECT_EQ(changes[1].partition, kFirst);
  EXPECT_TRUE(changes[1].gone);
  process.jobs.Drop({kFirst});
  EXPECT_NE(process.table.Find("a"), nullptr);
}

TEST(PartitionJobs, OfTwoStatesTheNewerCounts) {
  Process first, second, process;
  first.Take(kFirst, "a", 0, 10);
  second.now.wall += 1min;
  second.Take(kSecond, "a", 0, 20);
  process.now.wall += 2min;
  process.jobs.Import(kFirst, first.Export()[0].job);
  process.jobs.Import(kSecond, second.Export()[0].job);
  EXPECT_EQ(process.table.Find("a")->series.at("train").samples(), 20U);
  const auto changes = process.Export();
  ASSERT_EQ(changes.size(), 1U);
  EXPECT_EQ(changes[0].partition, kFirst);
  EXPECT_TRUE(changes[0].gone);
}

TEST(PartitionJobs, AStateFileHoldsNoneOfThem) {
  Process process;
  process.Take(kFirst, "moves", 0, 5);
  core::Sample sample;
  process.table.Add("stays", {}, sample, process.now);
  core::StateWriter out;
  process.table.Save(out, process.now);
  core::StateReader in(out.bytes());
  core::JobTable loaded({}, {});
  ASSERT_TRUE(loaded.Load(in, process.now));
  EXPECT_EQ(loaded.jobs().size(), 1U);
  EXPECT_NE(loaded.Find("stays"), nullptr);
}

TEST(PartitionJobs, AnotherSourcesJobStaysWhereItIs) {
  Process process;
  core::Sample sample;
  process.table.Add("both", {}, sample, process.now);
  process.Take(kFirst, "both", 0, 5);
  EXPECT_TRUE(process.Export().empty());
  process.jobs.Drop({kFirst});
  EXPECT_EQ(process.table.Find("both")->series.at("train").samples(), 6U);
}

TEST(PartitionJobs, TimeBetweenProcessesIsSilence) {
  Process first, second;
  for (int step = 0; step < 20; ++step) {
    first.Take(kFirst, "a", step, step + 1);
    first.now.steady += 1s;
    first.now.wall += 1s;
  }
  const auto changes = first.Export();
  second.now.wall = first.now.wall + 2h;
  ASSERT_TRUE(second.jobs.Import(kFirst, changes[0].job));
  second.table.Tick(second.now);
  const core::Job* const job = second.table.Find("a");
  ASSERT_NE(job, nullptr);
  EXPECT_EQ(job->series.at("train").regime(), core::Regime::kStalled);
}

TEST(PartitionJobs, AStateOfOtherSettingsIsRefused) {
  Process first, second;
  first.Take(kFirst, "a", 0, 20);
  auto job = first.Export()[0].job;
  job.trackers.resize(job.trackers.size() / 2);
  EXPECT_FALSE(second.jobs.Import(kFirst, job));
  EXPECT_EQ(second.table.Find("a"), nullptr);
  second.Take(kFirst, "a", 20, 25);
  EXPECT_EQ(second.table.Find("a")->series.at("train").samples(), 5U);
}

}  // namespace
}  // namespace lossd::sources
