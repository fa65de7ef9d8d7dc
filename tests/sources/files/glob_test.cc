#include "sources/files/glob.h"

#include <gtest/gtest.h>

namespace lossd::sources {
namespace {

TEST(Glob, MatchesWithinAName) {
  EXPECT_TRUE(Glob("/logs/run-?.l[a-o]g").Matches("/logs/run-1.log"));
  EXPECT_FALSE(Glob("/logs/*").Matches("/logs/a/b")) << "* never crosses a slash";
  EXPECT_FALSE(Glob("/logs/*").Matches("/logs/.a")) << "nor takes a name that begins with a dot";
  EXPECT_FALSE(Glob("*.log").Matches("/a.log"));
}

TEST(Glob, MatchesAnyDepth) {
  const Glob glob("/logs/**/*.log");
  EXPECT_TRUE(glob.Matches("/logs/a.log"));
  EXPECT_TRUE(glob.Matches("/logs/x/y/a.log"));
  EXPECT_FALSE(glob.Matches("/logs/.hidden/a.log"));
}

TEST(Glob, ComparesAPathWithoutWildcardsAsItIs) {
  for (const char* path : {R"(/logs/a\b.log)", R"(\x)", "/logs/.a"}) EXPECT_TRUE(Glob(path).Matches(path)) << path;
  EXPECT_TRUE(Glob(R"(/a\b/*.log)").Matches(R"(/a\b/x.log)"));
  EXPECT_FALSE(Glob(R"(/a\b/*.log)").Matches("/ab/x.log"));
}

TEST(Glob, TakesABackslashInAPatternForAnEscape) {
  EXPECT_TRUE(Glob(R"(/logs/\*[0-9].log)").Matches("/logs/*1.log"));
  EXPECT_FALSE(Glob(R"(/logs/\*[0-9].log)").Matches("/logs/a1.log"));
}

TEST(CheckGlob, FindsWhatIsWrong) {
  EXPECT_TRUE(CheckGlob("").has_value());
  EXPECT_TRUE(CheckGlob("/a/[b").has_value());
  EXPECT_TRUE(CheckGlob("/a/[b/c]").has_value());
  EXPECT_FALSE(CheckGlob("/a/[]b]").has_value());
}

}  // namespace
}  // namespace lossd::sources
