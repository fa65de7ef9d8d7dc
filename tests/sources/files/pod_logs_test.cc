// The logs of Kubernetes pods as the kubelet lays them out on a node.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "support/tailer_fixture.h"

namespace lossd::sources {
namespace {

using ::testing::ElementsAre;

const std::string kPod = "/var/log/pods/ml_llama-7b-worker-0_0e6f4a52-6c1b-4d9a-9f6e-1b1b8a8f3c11";
const std::string kOtherPod = "/var/log/pods/nlp_llama-7b-worker-0_7d1f4a52-6c1b-4d9a-9f6e-1b1b8a8f3c99";
const std::string kLink =
    "/var/log/containers/llama-7b-worker-0_ml_trainer-"
    "2f1c7a8b9d0e2f1c7a8b9d0e2f1c7a8b9d0e2f1c7a8b9d0e2f1c7a8b9d0e2f1c.log";

class PodLogs : public test::TailerFixture {
 protected:
  /// As containerd writes them.
  static std::string CriLines(int first, int last) {
    std::string text;
    for (int step = first; step <= last; ++step) text += "2026-01-01T00:00:00.000000000Z stdout F " + Line(step);
    return text;
  }
  void FollowPods(const std::string& path = kPodLogs) {
    SourceOptions source;
    source.path = path;
    source.preset = Preset::kKubernetesPods;
    Follow({source});
  }
};

TEST_F(PodLogs, NameTheJobAndItsLabels) {
  files_.Append(kPod + "/trainer/0.log", CriLines(1, 3));
  FollowPods();
  Tick();
  EXPECT_EQ(Steps("llama-7b-worker-0"), Range(1, 3));
  EXPECT_EQ(
      batches_.back().labels,
      (core::Labels{{"container", "trainer"}, {"namespace", "ml"}, {"pod", "llama-7b-worker-0"}, {"restart", "0"}}));
}

TEST_F(PodLogs, AreFoundThroughTheLinksOfContainers) {
  files_.Append(kPod + "/trainer/0.log", CriLines(1, 3));
  files_.Symlink(kPod + "/trainer/0.log", kLink);
  FollowPods("/var/log/containers/*.log");
  Tick();
  EXPECT_EQ(Steps("llama-7b-worker-0"), Range(1, 3));
  EXPECT_EQ(batches_.back().labels.at("container"), "trainer");
}

TEST_F(PodLogs, AreReadOnceThroughBoth) {
  files_.Append(kPod + "/trainer/0.log", CriLines(1, 3));
  files_.Symlink(kPod + "/trainer/0.log", kLink);
  SourceOptions pods, links;
  pods.path = kPodLogs;
  links.path = "/var/log/containers/*.log";
  pods.preset = links.preset = Preset::kKubernetesPods;
  Follow({pods, links});
  Tick();
  EXPECT_EQ(Steps("llama-7b-worker-0"), Range(1, 3));
}

TEST_F(PodLogs, GoOnBehindTheKubeletsRotation) {
  const std::string log = kPod + "/trainer/0.log";
  files_.Append(log, CriLines(1, 3));
  FollowPods();
  Tick();
  files_.Append(log, CriLines(4, 5));
  files_.Rename(log, log + ".20260101-000000");
  files_.Append(log, CriLines(6, 7));
  Tick();
  EXPECT_EQ(Steps("llama-7b-worker-0"), Range(1, 7));
  // And while lossd is down.
  tailer_.reset();
  files_.Append(log, CriLines(8, 9));
  files_.Rename(log, log + ".20260101-010000");
  files_.Append(log, CriLines(10, 11));
  Restart();
  EXPECT_EQ(Steps("llama-7b-worker-0"), Range(1, 11));
}

TEST_F(PodLogs, GoOnWithTheContainersNextRun) {
  files_.Append(kPod + "/trainer/0.log", CriLines(1, 3));
  FollowPods();
  Tick();
  files_.Append(kPod + "/trainer/0.log", CriLines(4, 5));
  files_.Append(kPod + "/trainer/1.log", CriLines(6, 8));
  Tick();
  Tick();
  EXPECT_EQ(Steps("llama-7b-worker-0"), Range(1, 8));
  EXPECT_EQ(batches_.back().labels.at("restart"), "1");
}

TEST_F(PodLogs, OfEarlierRunsComeFirstHoweverLongTheyAre) {
  options_.bytes_per_turn = 500;
  files_.Append(kPod + "/trainer/9.log", CriLines(1, 100));
  files_.Append(kPod + "/trainer/10.log", CriLines(101, 200));
  files_.Append(kPod + "/trainer/11.log", CriLines(201, 300));
  FollowPods();
  for (int i = 0; i < 5; ++i) Tick();
  EXPECT_EQ(Steps("llama-7b-worker-0"), Range(1, 300));
}

TEST_F(PodLogs, OfAnEarlierRunThatCannotBeReadKeepNobodyWaiting) {
  files_.Append(kPod + "/trainer/0.log", CriLines(1, 2));
  files_.Fail(test::MemoryFileSystem::Operation::kOpen, kPod + "/trainer/0.log", std::errc::permission_denied);
  files_.Append(kPod + "/trainer/1.log", CriLines(3, 4));
  FollowPods();
  Tick();
  Tick();
  EXPECT_EQ(Steps("llama-7b-worker-0"), Range(3, 4));
}

TEST_F(PodLogs, OfARemovedPodHaveEnded) {
  files_.Append(kPod + "/trainer/0.log", CriLines(1, 20));
  FollowPods();
  Tick();
  EXPECT_TRUE(finished_.empty());
  files_.Remove(kPod + "/trainer/0.log");
  for (int i = 0; i < 6; ++i) Tick();
  EXPECT_THAT(finished_, ElementsAre("llama-7b-worker-0"));
  EXPECT_EQ(batches_.back().writer, core::Writer::kGone);
}

TEST_F(PodLogs, OfAPodThatIsRemovedLongAfterItsLastLineHaveEnded) {
  files_.Append(kPod + "/trainer/0.log", CriLines(1, 20));
  FollowPods();
  Tick();
  for (int i = 0; i < 12; ++i) Tick();  // its descriptor is closed by now
  files_.Remove(kPod + "/trainer/0.log");
  for (int i = 0; i < 6; ++i) Tick();
  EXPECT_THAT(finished_, ElementsAre("llama-7b-worker-0"));
}

TEST_F(PodLogs, OfAPodThatIsRemovedInTheMiddleOfItsRunHaveNot) {
  std::string text;
  for (int step = 1; step <= 20; ++step)
    text += "2026-01-01T00:00:00.000000000Z stdout F step " + std::to_string(step) + "/1000 loss 2.5\n";
  files_.Append(kPod + "/trainer/0.log", text);
  FollowPods();
  Tick();
  files_.Remove(kPod + "/trainer/0.log");
  for (int i = 0; i < 6; ++i) Tick();
  EXPECT_TRUE(finished_.empty());
  EXPECT_EQ(batches_.back().writer, core::Writer::kGone);
}

TEST_F(PodLogs, OfARemovedPodThatShowedAFailureHaveNotEnded) {
  files_.Append(kPod + "/trainer/0.log",
                CriLines(1, 20) + "2026-01-01T00:00:00.000000000Z stderr F RuntimeError: lost\n");
  FollowPods();
  Tick();
  files_.Remove(kPod + "/trainer/0.log");
  for (int i = 0; i < 6; ++i) Tick();
  EXPECT_TRUE(finished_.empty());
}

TEST_F(PodLogs, OfTwoNamespacesAreTwoJobs) {
  files_.Append(kPod + "/trainer/0.log", CriLines(1, 2));
  files_.Append(kOtherPod + "/trainer/0.log", CriLines(5, 7));
  FollowPods();
  Tick();
  EXPECT_THAT(Jobs(), ElementsAre("llama-7b-worker-0", "nlp/llama-7b-worker-0"));
  EXPECT_EQ(Steps("nlp/llama-7b-worker-0"), Range(5, 7));
}

TEST_F(PodLogs, LeaveOtherFilesTheirOwnNames) {
  files_.Append("/var/log/pods/a/b/stray.log", Lines(1, 2));
  FollowPods();
  Tick();
  EXPECT_EQ(Steps("stray"), Range(1, 2));
}

}  // namespace
}  // namespace lossd::sources
