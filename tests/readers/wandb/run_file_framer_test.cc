#include "readers/wandb/run_file_framer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "support/run_file.h"

namespace lossd::readers {
namespace {

using support::Chunk;
using support::RunFile;
using testing::ElementsAre;
using testing::IsEmpty;

/// Each record, or the name of its fault.
std::vector<std::string> Records(std::string_view bytes, std::size_t piece, std::uint64_t from = 0) {
  RunFileFramer framer;
  if (from > 0) framer.Reset(from);
  std::vector<std::string> shown;
  for (bytes.remove_prefix(from); !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size()))) {
    framer.Push(bytes.substr(0, piece));
    while (const auto record = framer.Next()) {
      const char* const faults[] = {"", "too long", "damaged", "wrong head"};
      const bool sound = record->fault == RunFileFramer::Fault::kNone;
      shown.push_back(sound ? std::string(record->message) : faults[static_cast<int>(record->fault)]);
    }
  }
  return shown;
}

std::vector<std::string> Records(const std::string& bytes) {
  const auto whole = Records(bytes, bytes.size());
  for (const std::size_t piece : {std::size_t{1}, std::size_t{1000}}) EXPECT_EQ(Records(bytes, piece), whole) << piece;
  return whole;
}

TEST(RunFileFramer, GivesEachRecord) {
  EXPECT_THAT(Records(RunFile().Add("one").Add("").Add("three").bytes), ElementsAre("one", "", "three"));
}

TEST(RunFileFramer, JoinsARecordAcrossBlocks) {
  const std::string large(100000, 'x');
  EXPECT_THAT(Records(RunFile().Add("one").Add(large).Add("three").bytes), ElementsAre("one", large, "three"));
}

TEST(RunFileFramer, PassesOverThePaddingOfABlock) {
  for (std::size_t left = 0; left < 20; ++left) {
    const std::string filling(RunFile::kBlock - 14 - left, 'x');
    EXPECT_THAT(Records(RunFile().Add(filling).Add("next").Add("last").bytes), ElementsAre(filling, "next", "last"))
        << left;
  }
}

TEST(RunFileFramer, WaitsForARecordThatIsTorn) {
  const std::string file = RunFile().Add("one").Add("two").bytes;
  for (std::size_t cut = 1; cut < 10; ++cut) {
    RunFileFramer framer;
    framer.Push(std::string_view(file).substr(0, file.size() - cut));
    EXPECT_EQ(framer.Next()->message, "one");
    EXPECT_FALSE(framer.Next());
    EXPECT_EQ(framer.offset(), 17U);
    framer.Push(std::string_view(file).substr(file.size() - cut));
    EXPECT_EQ(framer.Next()->message, "two");
    EXPECT_EQ(framer.offset(), file.size());
  }
}

TEST(RunFileFramer, ResumesBehindAnyRecord) {
  const std::string file = RunFile().Add("one").Add(std::string(70000, 'x')).Add("three").bytes;
  RunFileFramer framer;
  framer.Push(file);
  std::vector<std::uint64_t> offsets;
  while (framer.Next()) offsets.push_back(framer.offset());
  ASSERT_EQ(offsets.size(), 3U);
  EXPECT_THAT(Records(file, 100, offsets[0]), ElementsAre(std::string(70000, 'x'), "three"));
  EXPECT_THAT(Records(file, 100, offsets[1]), ElementsAre("three"));
  EXPECT_THAT(Records(file, 100, offsets[2]), IsEmpty());
}

TEST(RunFileFramer, DamageCostsTheRestOfItsBlock) {
  RunFile file;
  while (file.bytes.size() < RunFile::kBlock) file.Add(std::string(1000, 'a'));
  file.Add("behind");
  file.bytes[20000] ^= 1;
  const auto records = Records(file.bytes);
  EXPECT_EQ(records.size(), 19U + 1 + 1);
  EXPECT_EQ(records[19], "damaged");
  EXPECT_EQ(records.back(), "behind");
}

TEST(RunFileFramer, ARecordWithoutItsEndCostsNoOther) {
  const std::string head = RunFile().bytes;
  EXPECT_THAT(Records(head + Chunk(2, "begun") + Chunk(1, "whole")), ElementsAre("whole"));
  EXPECT_THAT(Records(head + Chunk(2, "begun") + Chunk(2, "wh") + Chunk(4, "ole")), ElementsAre("damaged", "whole"));
  EXPECT_THAT(Records(head + Chunk(3, "middle") + Chunk(4, "end") + Chunk(1, "whole")), ElementsAre("whole"));
}

TEST(RunFileFramer, ALongRecordIsPassedOverWithoutBeingHeld) {
  const std::string file = RunFile().Add(std::string(RunFileFramer::kMaxRecord + 1, 'x')).Add("next").bytes;
  EXPECT_THAT(Records(file, 4096), ElementsAre("too long", "next"));
}

TEST(RunFileFramer, EndsAtAWrongHead) {
  EXPECT_THAT(Records("step 1 loss 2.5\nstep 2 loss 2.4\n"), ElementsAre("wrong head"));
  EXPECT_THAT(Records(":W&"), IsEmpty());
}

TEST(RunFileFramer, ZerosAreDamageOncePerBlock) {
  const std::string file = RunFile().Add("one").bytes + std::string(2 * RunFile::kBlock, '\0');
  EXPECT_THAT(Records(file), ElementsAre("one", "damaged", "damaged", "damaged"));
}

}  // namespace
}  // namespace lossd::readers
