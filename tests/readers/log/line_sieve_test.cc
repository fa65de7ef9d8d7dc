#include "readers/log/line_sieve.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "readers/log/reading_support.h"

namespace lossd::readers {
namespace {

TEST(LineSieve, LetsOrdinaryLinesGo) {
  for (const char* line : {"2026-01-02 03:04:05,678 - data - INFO - Loaded shard 12 of 96 with 1234 records in 1.5s",
                           "[INFO] GET /healthz 200 0.4 ms", "Downloading shards: 12 of 96"})
    EXPECT_FALSE(MayMatter(line)) << line;
}

TEST(LineSieve, KeepsWhatMayTellOfTraining) {
  for (const char* line :
       {"iter 5", "Evaluation begins", "Loss 0.5", "trainLoss 0.5", "closs 0.5", "s:1 trl:11.0",
        "===== a rule =====", "| a | 1 |", "1,2,3", "0.5 0.25", "{'throughput': 1.5,", "\"a\": 1,",
        "average  since         example", "\xE8\xAE\xAD\xE7\xBB\x83 0.5", "lr: 0.1", "grad norm 2.5"})
    EXPECT_TRUE(MayMatter(line)) << line;
}

TEST(LineSieve, KeepsTheRowsOfATableAndTheMembersOfAnObject) {
  EXPECT_THAT(ReadLog("epoch,loss,note\n1,0.5,some words here\n2,0.25,other words there\n"),
              testing::ElementsAre("train 0.5 @1 epoch 1", "train 0.25 @2 epoch 2"));
  EXPECT_THAT(ReadLog("{\n  \"step\": 5,\n  some\": 1,\n"), testing::IsEmpty());
}

TEST(LineSieve, IsNoneWhereTheUserNamesTheFields) {
  records::ReaderOptions options;
  options.loss_key = "wibble";
  EXPECT_THAT(ReadLog("some words, wibble=0.5\nsome words, wibble=0.25\nsome words, wibble=0.75\n",
                      std::string_view::npos, options),
              testing::SizeIs(3));
}

}  // namespace
}  // namespace lossd::readers
