// TensorBoard's event files, followed as they grow.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "sources/files/tailed_file.h"
#include "support/event_file.h"
#include "support/tailer_fixture.h"

namespace lossd::test {
namespace {

using support::ScalarRecord;
using support::VersionRecord;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class EventFilesTest : public TailerFixture {
 protected:
  static std::string Records(int first, int last) {
    std::string bytes;
    for (int step = first; step <= last; ++step) {
      bytes += ScalarRecord(step, "train/loss", 9 - 0.01F * static_cast<float>(step));
    }
    return bytes;
  }

  const std::string path = "/runs/a/events.out.tfevents.1700000000.host.1.0";
};

TEST_F(EventFilesTest, AreReadAsTheyGrow) {
  files_.Append(path, VersionRecord() + Records(1, 3));
  Follow("/runs/**/events.out.tfevents.*");
  Tick();
  EXPECT_EQ(Steps(), Range(1, 3));
  files_.Append(path, Records(4, 5));
  Tick();
  EXPECT_EQ(Steps(), Range(1, 5));
  EXPECT_EQ(batches_.back().samples.at(0).loss, "train");
  EXPECT_EQ(tailer_->stats().lines_matched, 5u);
}

TEST_F(EventFilesTest, ATornRecordWaitsForItsRest) {
  const std::string record = Records(2, 2);
  for (std::size_t cut = 1; cut < record.size(); cut += 5) {
    const std::string torn = "/runs/cut" + std::to_string(cut) + "/events.out.tfevents.1.host";
    const std::string job = "cut" + std::to_string(cut);
    files_.Append(torn, VersionRecord() + Records(1, 1) + record.substr(0, cut));
    Follow(torn);
    Tick();
    EXPECT_EQ(Steps(job), Range(1, 1)) << cut;
    EXPECT_EQ(tailer_->files().at(0).offset, VersionRecord().size() + Records(1, 1).size()) << cut;
    files_.Append(torn, record.substr(cut) + Records(3, 3));
    Tick();
    EXPECT_EQ(Steps(job), Range(1, 3)) << cut;
  }
}

TEST_F(EventFilesTest, GoOnWhereTheProcessBeforeStopped) {
  const std::string record = Records(4, 4);
  files_.Append(path, VersionRecord() + Records(1, 3) + record.substr(0, 20));
  Follow(path);
  Tick();
  files_.Append(path, record.substr(20) + Records(5, 6));
  Restart();
  EXPECT_EQ(Steps(), Range(1, 6));
}

TEST_F(EventFilesTest, GoOnFarBehindTheirHead) {
  // Longer than what is read again of a file that is resumed: a picture too large to be held, between scalars.
  const std::string picture = support::Record(std::string(sources::TailedFile::kWholePrefix + 1, 'x'));
  files_.Append(path, VersionRecord() + Records(1, 3) + picture + Records(4, 5));
  Follow(path);
  Tick();
  EXPECT_EQ(Steps(), Range(1, 5));
  files_.Append(path, Records(6, 7));
  const std::uint64_t before = files_.bytes_read();
  Restart();
  EXPECT_EQ(Steps(), Range(1, 7));
  EXPECT_LT(files_.bytes_read() - before, 2 * sources::TailedFile::kPartialPrefix);
}

TEST_F(EventFilesTest, MayBeReadFromTheirEnd) {
  const std::string record = Records(3, 3);
  files_.Append(path, VersionRecord() + Records(1, 2) + record.substr(0, 9));
  sources::SourceOptions source;
  source.path = path;
  source.from_end = true;
  Follow({source});
  Tick();
  EXPECT_THAT(Steps(), IsEmpty());
  files_.Append(path, record.substr(9) + Records(4, 4));
  Tick();
  EXPECT_EQ(Steps(), Range(3, 4));
}

TEST_F(EventFilesTest, OfOneDirectoryAreOneRun) {
  files_.Append("/runs/a/events.out.tfevents.1700000000.host", VersionRecord() + Records(1, 2));
  files_.Append("/runs/a/events.out.tfevents.1700009000.host", VersionRecord() + Records(3, 4));
  files_.Append("/runs/b/events.out.tfevents.1700000000.host", VersionRecord() + Records(1, 1));
  Follow("/runs/*/events.out.tfevents.*");
  Tick();
  EXPECT_THAT(Jobs(), ElementsAre("a", "b"));
  EXPECT_EQ(Steps("a"), Range(1, 4));
}

TEST_F(EventFilesTest, GiveNothingBehindDamage) {
  std::string bytes = VersionRecord() + Records(1, 2);
  const std::size_t sound = bytes.size();
  bytes += Records(3, 3);
  bytes[sound] ^= 1;  // of the record's length
  files_.Append(path, bytes);
  Follow(path);
  Tick();
  files_.Append(path, Records(4, 9));
  Tick();
  EXPECT_EQ(Steps(), Range(1, 2));
  const sources::FileStats stats = tailer_->files().at(0);
  EXPECT_EQ(stats.offset, stats.size);
  Restart();
  files_.Append(path, Records(10, 12));
  Tick();
  EXPECT_EQ(Steps(), Range(1, 2));
}

TEST_F(EventFilesTest, AreKnownByTheirFirstBytes) {
  files_.Append("/runs/b/scalars", VersionRecord() + Records(1, 2));
  Follow("/runs/b/scalars");
  Tick();
  files_.Append("/runs/b/scalars", Records(3, 3));
  Tick();
  EXPECT_EQ(Steps("scalars"), Range(1, 3));
}

TEST_F(EventFilesTest, StartAnewWhereTheyAreReplaced) {
  files_.Append(path, VersionRecord() + Records(1, 5));
  Follow(path);
  Tick();
  files_.Remove(path);
  files_.Append(path, VersionRecord() + Records(1, 2));
  Tick();
  EXPECT_THAT(Steps(), ElementsAre(1, 2, 3, 4, 5, 1, 2));
}

}  // namespace
}  // namespace lossd::test
