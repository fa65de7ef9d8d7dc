#include "state/state_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <optional>

namespace lossd::state {
namespace {

using ::testing::HasSubstr;

/// The real disk, with faults on request.
class FaultyDisk : public PosixStateDisk {
 public:
  std::optional<std::errc> read_fault, write_fault, rename_fault;
  std::size_t written_before_fault = 0;

  boost::system::result<std::string, std::error_code> Read(const std::string& path) override {
    if (read_fault) return std::make_error_code(*read_fault);
    return PosixStateDisk::Read(path);
  }
  std::error_code Write(const std::string& path, std::string_view bytes) override {
    if (!write_fault) return PosixStateDisk::Write(path, bytes);
    PosixStateDisk::Write(path, bytes.substr(0, written_before_fault));
    return std::make_error_code(*write_fault);
  }
  std::error_code Rename(const std::string& from, const std::string& to) override {
    if (rename_fault) return std::make_error_code(*rename_fault);
    return PosixStateDisk::Rename(from, to);
  }
};

class StateFileTest : public ::testing::Test {
 protected:
  StateFileTest() {
    char pattern[] = "/tmp/lossd-state-XXXXXX";
    directory_ = mkdtemp(pattern);
  }
  ~StateFileTest() override { std::filesystem::remove_all(directory_); }

  StateFile File() { return StateFile(disk_, directory_); }
  std::string Bytes() {
    std::ifstream in(directory_ + "/state", std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void Put(const std::string& bytes) { std::ofstream(directory_ + "/state", std::ios::binary) << bytes; }
  bool Exists(const std::string& name) { return std::filesystem::exists(directory_ + "/" + name); }

  FaultyDisk disk_;
  std::string directory_;
};

TEST_F(StateFileTest, GivesBackWhatWasSaved) {
  const std::string body("trackers\0and offsets", 20);
  ASSERT_FALSE(File().Save({"an older one"}));
  ASSERT_FALSE(File().Save({body}));
  const LoadedState loaded = File().Load();
  EXPECT_EQ(loaded.outcome, StateOutcome::kLoaded);
  EXPECT_EQ(loaded.body, body);
  EXPECT_FALSE(Exists("state.new"));
}

TEST_F(StateFileTest, WritesThroughNoLinkAndNoFifo) {
  std::ofstream(directory_ + "/precious") << "precious";
  std::filesystem::create_symlink("precious", directory_ + "/state.new");
  ASSERT_FALSE(File().Save({"body"}));
  EXPECT_EQ(std::filesystem::file_size(directory_ + "/precious"), 8u);
  ASSERT_EQ(mkfifo((directory_ + "/state.new").c_str(), 0600), 0);
  ASSERT_FALSE(File().Save({"body"}));  // nobody reads the FIFO: writing to it would hang
  EXPECT_EQ(File().Load().body, "body");
  std::filesystem::create_directory(directory_ + "/state.new");
  EXPECT_TRUE(File().Save({"body"}));
}

TEST_F(StateFileTest, ReadsNothingButAFile) {
  ASSERT_FALSE(File().Save({"body"}));
  std::filesystem::rename(directory_ + "/state", directory_ + "/elsewhere");
  std::filesystem::create_symlink("elsewhere", directory_ + "/state");
  EXPECT_EQ(File().Load().outcome, StateOutcome::kUnreadable);
  std::filesystem::remove(directory_ + "/state");
  ASSERT_EQ(mkfifo((directory_ + "/state").c_str(), 0600), 0);
  EXPECT_EQ(File().Load().outcome, StateOutcome::kUnreadable);
  std::filesystem::remove(directory_ + "/state");
  std::filesystem::create_directory(directory_ + "/state");
  EXPECT_EQ(File().Load().outcome, StateOutcome::kUnreadable);
}

TEST_F(StateFileTest, IsAbsentAtTheFirstStart) {
  EXPECT_EQ(File().Load().outcome, StateOutcome::kAbsent);
  EXPECT_EQ(File().Load().message, "");
}

TEST_F(StateFileTest, SetsAsideWhatIsCutShortAnywhere) {
  ASSERT_FALSE(File().Save({"body"}));
  const std::string whole = Bytes();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    Put(whole.substr(0, size));
    EXPECT_EQ(File().Load().outcome, StateOutcome::kDamaged) << size;
    EXPECT_FALSE(Exists("state"));
  }
  EXPECT_TRUE(Exists("state.damaged-1"));
  EXPECT_TRUE(Exists("state.damaged-5"));
  EXPECT_FALSE(Exists("state.damaged-6"));
}

TEST_F(StateFileTest, SeesEveryFlippedBit) {
  ASSERT_FALSE(File().Save({"body"}));
  const std::string whole = Bytes();
  for (std::size_t i = 0; i < whole.size() * 8; ++i) {
    std::string flipped = whole;
    flipped[i / 8] = static_cast<char>(flipped[i / 8] ^ (1 << (i % 8)));
    Put(flipped);
    EXPECT_NE(File().Load().outcome, StateOutcome::kLoaded) << i;
  }
}

TEST_F(StateFileTest, TellsAForeignFileAndANewerOne) {
  Put("#!/bin/sh\necho a file of somebody else's\n");
  LoadedState loaded = File().Load();
  EXPECT_EQ(loaded.outcome, StateOutcome::kForeign);
  EXPECT_EQ(loaded.message, directory_ + "/state is not a state of lossd; set aside as " + directory_ +
                                "/state.damaged-1; starting without it");
  ASSERT_FALSE(File().Save({"body"}));
  std::string newer = Bytes();
  newer[8] = static_cast<char>(StateFile::kVersion + 1);
  Put(newer);
  loaded = File().Load();
  EXPECT_EQ(loaded.outcome, StateOutcome::kNewer);
  EXPECT_THAT(loaded.message, HasSubstr("has version " + std::to_string(StateFile::kVersion + 1) +
                                        ", of a later lossd; this one knows " + std::to_string(StateFile::kVersion)));
}

TEST_F(StateFileTest, SetsAsideOneOfAnEarlierVersion) {
  ASSERT_FALSE(File().Save({"body"}));
  std::string older = Bytes();
  older[8] = static_cast<char>(StateFile::kVersion - 1);
  Put(older);
  const LoadedState loaded = File().Load();
  EXPECT_EQ(loaded.outcome, StateOutcome::kForeign);
  EXPECT_EQ(loaded.body, "");
  EXPECT_THAT(loaded.message,
              HasSubstr("has version " + std::to_string(StateFile::kVersion - 1) +
                        ", of an earlier lossd; this one knows " + std::to_string(StateFile::kVersion)));
}

TEST_F(StateFileTest, KeepsTheLastStateWhenTheDiskIsFull) {
  ASSERT_FALSE(File().Save({"good"}));
  disk_.write_fault = std::errc::no_space_on_device;
  disk_.written_before_fault = 10;
  EXPECT_EQ(File().Save({"better"}), std::errc::no_space_on_device);
  EXPECT_EQ(File().Load().body, "good");
  disk_.write_fault.reset();
  disk_.rename_fault = std::errc::io_error;
  EXPECT_EQ(File().Save({"better"}), std::errc::io_error);
  EXPECT_EQ(File().Load().body, "good");
  disk_.rename_fault.reset();
  EXPECT_FALSE(File().Save({"better"}));
  EXPECT_EQ(File().Load().body, "better");
}

TEST_F(StateFileTest, LeavesAnUnreadableFileWhereItIs) {
  ASSERT_FALSE(File().Save({"good"}));
  disk_.read_fault = std::errc::io_error;
  const LoadedState loaded = File().Load();
  EXPECT_EQ(loaded.outcome, StateOutcome::kUnreadable);
  EXPECT_THAT(loaded.message, HasSubstr("cannot be read"));
  EXPECT_TRUE(Exists("state"));
}

TEST_F(StateFileTest, SaysWhereTheDirectoryIsMissing) {
  StateFile file(disk_, directory_ + "/nowhere");
  EXPECT_EQ(file.Save({"body"}), std::errc::no_such_file_or_directory);
}

}  // namespace
}  // namespace lossd::state
