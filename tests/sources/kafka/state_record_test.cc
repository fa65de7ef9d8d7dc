#include "sources/kafka/state_record.h"

#include <gtest/gtest.h>

#include <string>

namespace lossd::sources {
namespace {

StoredJob Job(std::string name, std::size_t bytes) {
  StoredJob job;
  job.name = std::move(name);
  job.trackers.assign(bytes, 't');
  job.memory = "lines";
  job.saved = core::Timestamp(std::chrono::seconds(1'700'000'000));
  return job;
}

void Take(ChangelogReader& reader, const std::vector<ChangelogRecord>& records) {
  for (const ChangelogRecord& record : records) {
    reader.Take(record.key, record.value ? std::optional<std::string_view>(*record.value) : std::nullopt);
  }
}

TEST(StateRecord, ComesBackAsItWasWritten) {
  ChangelogReader reader;
  Take(reader, EncodeJob("samples", Job("a", 100), 1));
  const auto found = reader.JobsOf("samples");
  ASSERT_EQ(found.jobs.size(), 1U);
  EXPECT_EQ(found.jobs[0].first.name, "a");
  EXPECT_EQ(found.jobs[0].first.trackers, std::string(100, 't'));
  EXPECT_EQ(found.jobs[0].first.memory, "lines");
  EXPECT_EQ(found.jobs[0].first.saved, Job("a", 0).saved);
  EXPECT_EQ(found.damaged, 0U);
}

TEST(StateRecord, KeepsTopicsApart) {
  ChangelogReader reader;
  Take(reader, EncodeJob("samples", Job("a", 1), 1));
  Take(reader, EncodeJob("samples-2", Job("b", 1), 1));
  EXPECT_EQ(reader.JobsOf("samples").jobs.size(), 1U);
  EXPECT_TRUE(reader.JobsOf("other").jobs.empty());
}

TEST(StateRecord, LargeStatesAreCutAndShrinkAgain) {
  ChangelogReader reader;
  const auto large = EncodeJob("t", Job("a", 3 * kMostInRecord), 1);
  ASSERT_EQ(large.size(), 4U);
  for (const ChangelogRecord& record : large) EXPECT_LT(record.value->size(), 1'000'000U);
  Take(reader, large);
  ASSERT_EQ(reader.JobsOf("t").jobs.size(), 1U);
  EXPECT_EQ(reader.JobsOf("t").jobs[0].second, 4U);
  Take(reader, EncodeJob("t", Job("a", 10), 4));
  ASSERT_EQ(reader.JobsOf("t").jobs.size(), 1U);
  EXPECT_EQ(reader.JobsOf("t").jobs[0].first.trackers.size(), 10U);
  EXPECT_TRUE(EncodeJob("t", Job("a", kMostParts * kMostInRecord), 1).empty());
}

TEST(StateRecord, DeletedJobsAreGone) {
  ChangelogReader reader;
  Take(reader, EncodeJob("t", Job("a", kMostInRecord), 1));
  Take(reader, DeleteJob("t", "a", 2));
  EXPECT_TRUE(reader.JobsOf("t").jobs.empty());
  EXPECT_EQ(reader.JobsOf("t").damaged, 0U);
}

TEST(StateRecord, DamagedAndForeignRecordsBecomeNoJob) {
  ChangelogReader reader;
  auto parts = EncodeJob("t", Job("half", 3 * kMostInRecord), 1);
  parts.pop_back();
  Take(reader, parts);
  auto cut = EncodeJob("t", Job("cut", 100), 1);
  cut[0].value->resize(50);
  Take(reader, cut);
  reader.Take(std::string("t\0empty\0"
                          "0",
                          9),
              "");
  reader.Take("no separators", "x");
  reader.Take(std::string("t\0job\0many", 10), "x");
  const auto found = reader.JobsOf("t");
  EXPECT_TRUE(found.jobs.empty());
  EXPECT_EQ(found.damaged, 3U);
}

}  // namespace
}  // namespace lossd::sources
