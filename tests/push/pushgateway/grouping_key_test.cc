#include "push/pushgateway/grouping_key.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lossd::push {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

GroupingKey Key(std::string_view path) {
  const auto key = ParseGroupingKey(path);
  EXPECT_TRUE(key) << path;
  return key ? *key : GroupingKey();
}

std::string ErrorOf(std::string_view path) {
  const auto key = ParseGroupingKey(path);
  return key ? "none" : key.error().reason;
}

TEST(GroupingKey, IsJobAndLabels) {
  const GroupingKey key = Key("job/llama%207b/instance/host-1/rank/0");
  EXPECT_EQ(key.job, "llama 7b");
  EXPECT_THAT(key.labels, ElementsAre(Pair("instance", "host-1"), Pair("rank", "0")));
  EXPECT_THAT(Key("job/a").labels, IsEmpty());
  EXPECT_EQ(Key("job/a/").job, "a");
}

TEST(GroupingKey, ValuesMayBeBase64) {
  EXPECT_EQ(Key("job@base64/L3Zhci90bXA").job, "/var/tmp");
  EXPECT_EQ(Key("job@base64/L3Zhci90bXA=").job, "/var/tmp");
  EXPECT_EQ(Key("job/a/path@base64/Pz8_").labels.at("path"), "???");
  EXPECT_THAT(Key("job/a/path@base64/=").labels, IsEmpty()) << "an empty value";
}

TEST(GroupingKey, SaysWhatIsWrong) {
  EXPECT_EQ(ErrorOf("job/a/instance"), "odd number of components in the path: instance has no value");
  EXPECT_EQ(ErrorOf("job@base64/="), "job name is required");
  EXPECT_EQ(ErrorOf("job@base64/!!"), "invalid base64 encoding of job: \"!!\"");
  EXPECT_EQ(ErrorOf("job/a/0x/b"), "improper label name \"0x\"");
  EXPECT_EQ(ErrorOf("job/a/__name__/b"), "improper label name \"__name__\"");
  EXPECT_EQ(ErrorOf("instance/a"), "the path must be /metrics/job/JOB{/LABEL/VALUE}");
  EXPECT_EQ(ErrorOf("job/a/job/b"), "the path must be /metrics/job/JOB{/LABEL/VALUE}");
  EXPECT_EQ(ErrorOf("job/a/x/1/x/2"), "the label x is given twice");
  EXPECT_EQ(ErrorOf("job/%4"), "the path is not percent-encoded correctly");
}

}  // namespace
}  // namespace lossd::push
