#include "http/client/url.h"

#include <gtest/gtest.h>

namespace lossd::http {
namespace {

std::string Text(std::string_view text) {
  const auto url = ParseUrl(text);
  return url ? url->Text() : "none";
}

TEST(Url, KnowsSchemeHostPortAndTarget) {
  const auto url = ParseUrl("https://trainer.example:8443/metrics?a=b");
  ASSERT_TRUE(url);
  EXPECT_TRUE(url->tls);
  EXPECT_EQ(url->host, "trainer.example");
  EXPECT_EQ(url->port, "8443");
  EXPECT_EQ(url->target, "/metrics?a=b");
}

TEST(Url, FillsInWhatIsLeftOut) {
  EXPECT_EQ(ParseUrl("http://a")->port, "80");
  EXPECT_EQ(ParseUrl("https://a")->port, "443");
  EXPECT_EQ(Text("http://a"), "http://a/");
  EXPECT_EQ(Text("HTTP://a:80?x"), "http://a/?x");
  EXPECT_EQ(Text("http://[::1]:8000/m"), "http://[::1]:8000/m");
  EXPECT_EQ(ParseUrl("http://[::1]:8000/m")->host, "::1");
}

TEST(Url, AnythingElseIsNone) {
  for (const char* text :
       {"", "a", "/metrics", "ftp://a", "http://", "http://:80", "http://a:", "http://a:x", "http://a:70000",
        "http://user:secret@a/", "http://a/#b", "http://a/\r\nX: y", "http://a b/", "http://[::1", "http://a\\b"})
    EXPECT_EQ(Text(text), "none") << text;
}

}  // namespace
}  // namespace lossd::http
