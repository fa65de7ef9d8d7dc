#include "web/live_feed.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "export/job_fixture.h"

namespace lossd::web {
namespace {

using http::BodyStream;
using testing::HasSubstr;

class LiveFeedTest : public exporter::JobFixture {
 protected:
  /// What a stream has to say now.
  static std::string Pull(BodyStream& stream) {
    std::string piece;
    EXPECT_EQ(stream.Pull(piece), BodyStream::Next::kWait);
    return piece;
  }

  LiveFeed feed{jobs};
};

TEST_F(LiveFeedTest, TellsOfEachChangeOnce) {
  AddLoss("a", 1);
  const auto stream = feed.Open("");
  int woken = 0;
  stream->SetWake([&] { ++woken; });
  EXPECT_THAT(Pull(*stream), HasSubstr("event: change"));
  feed.Tick();
  Pull(*stream);
  feed.Tick();
  EXPECT_EQ(Pull(*stream), "");
  AddLoss("a", 2);
  AddLoss("b", 2);
  woken = 0;
  feed.Tick();
  EXPECT_EQ(woken, 1);
  EXPECT_EQ(Pull(*stream), "event: change\ndata: {}\n\n");
  jobs.Remove("b");
  feed.Tick();
  EXPECT_THAT(Pull(*stream), HasSubstr("event: change"));
}

TEST_F(LiveFeedTest, TellsOfEachChangeOfAJobsState) {
  AddLoss("a", 1);
  const auto all = feed.Open(""), one = feed.Open("a");
  const auto told = [&] {
    feed.Tick();
    const std::string first = Pull(*all), second = Pull(*one);
    EXPECT_EQ(first, second);
    return !first.empty();
  };
  told();
  EXPECT_FALSE(told());
  jobs.Finish("a", now);
  EXPECT_TRUE(told());
  core::FailureReport report;
  jobs.Fail("a", report, now);
  EXPECT_TRUE(told());
  report.reason = core::Failure::kNccl;
  jobs.Fail("a", report, now);
  EXPECT_TRUE(told());
  EXPECT_FALSE(told());
}

TEST_F(LiveFeedTest, TellsOfOneJobOnly) {
  AddLoss("a", 1);
  const auto stream = feed.Open("a");
  feed.Tick();
  Pull(*stream);
  AddLoss("b", 1);
  feed.Tick();
  EXPECT_EQ(Pull(*stream), "");
  AddLoss("a", 1);
  feed.Tick();
  EXPECT_THAT(Pull(*stream), HasSubstr("event: change"));
}

TEST_F(LiveFeedTest, GivesASignOfLifeNowAndThen) {
  const auto stream = feed.Open("");
  feed.Tick();
  Pull(*stream);
  for (int i = 0; i < LiveFeed::kTicksBetweenSigns; ++i) feed.Tick();
  EXPECT_EQ(Pull(*stream), ":\n\n");
}

TEST_F(LiveFeedTest, EndsWithTheServer) {
  const auto stream = feed.Open("");
  stream->Drain();
  std::string piece;
  EXPECT_EQ(stream->Pull(piece), BodyStream::Next::kEnd);
}

TEST_F(LiveFeedTest, HasRoomAgainWhenPagesAreClosed) {
  std::vector<std::shared_ptr<BodyStream>> open;
  for (std::size_t i = 0; i < LiveFeed::kMaxStreams; ++i) open.push_back(feed.Open(""));
  EXPECT_EQ(feed.Open(""), nullptr);
  open.pop_back();
  EXPECT_NE(feed.Open(""), nullptr);
}

}  // namespace
}  // namespace lossd::web
