// Logs quoted in mails and issues, and printed into reports as comments.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "readers/log/reading_support.h"

namespace lossd::readers {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

TEST(QuotedLogs, OfAReportStandBehindNumberSigns) {
  const auto two = UnorderedElementsAre("train 0.5 @1", "eval 0.625 @1", "train 0.25 @2", "eval 0.375 @2");
  EXPECT_THAT(ReadLog("    ## [1]  train-logloss:0.5  test-logloss:0.625 \n    ## Will train until.\n    ## \n"
                      "    ## [2]  train-logloss:0.25  test-logloss:0.375 \n"),
              two);
  EXPECT_THAT(ReadLog("model <- fit(data)\n#> [1]\ttrain-logloss:0.5\ttest-logloss:0.625\n"
                      "#> [2]\ttrain-logloss:0.25\ttest-logloss:0.375\n"),
              two);
}

TEST(QuotedLogs, OfAMailStandBehindAngles) {
  const auto two = ElementsAre("train 0.5 @1", "train 0.25 @2");
  EXPECT_THAT(ReadLog("> step loss\n> 1 0.5\n> 2 0.25\n"), two);
  EXPECT_THAT(ReadLog(">> [1] train-logloss:0.5\n>>\n>> [2] train-logloss:0.25\n"), two);
  EXPECT_THAT(ReadLog("> > [1] train-logloss:0.5\n> > [2] train-logloss:0.25\n"), two);
  EXPECT_THAT(ReadLog("| [1] train-logloss:0.5\n| [2] train-logloss:0.25\n"), two);
}

TEST(QuotedLogs, BehindTheSignsOfCommentsMustRepeat) {
  EXPECT_THAT(ReadLog("# epoch 1 loss 0.5\n# epoch 2 loss 0.25\n# epoch 3 loss 0.125\n"),
              ElementsAre("train 0.5 @1 epoch 1", "train 0.25 @2 epoch 2", "train 0.125 @3 epoch 3"));
  EXPECT_THAT(ReadLog("// [1] train-logloss:0.5\n// [2] train-logloss:0.25\n// [3] train-logloss:0.125\n"),
              ElementsAre("train 0.5 @1", "train 0.25 @2", "train 0.125 @3"));
  EXPECT_THAT(ReadLog("# a good run:\n# epoch 5: loss 0.5\nmodel.fit(data)\n"), IsEmpty());
  EXPECT_THAT(ReadLog("# [1] train-logloss:0.5\nmodel.fit(data)\n# [2] train-logloss:0.25\n"), IsEmpty());
  EXPECT_THAT(ReadLog(">>> print({'loss': 0.5, 'epoch': 1})\n"), IsEmpty());
}

}  // namespace
}  // namespace lossd::readers
