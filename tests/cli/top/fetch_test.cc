#include "cli/top/fetch.h"

#include <gtest/gtest.h>

namespace lossd::cli {
namespace {

TEST(ParseUrl, TakesAnAddressApart) {
  const Url url = *ParseUrl("https://me:s%40cret@lossd.example:8443/prefix/");
  EXPECT_TRUE(url.tls);
  EXPECT_EQ(url.host, "lossd.example");
  EXPECT_EQ(url.port, "8443");
  EXPECT_EQ(url.user, "me:s@cret");
  EXPECT_EQ(url.path, "/prefix");
}

TEST(ParseUrl, HasDefaults) {
  EXPECT_EQ(ParseUrl("http://host")->port, "10333");
  EXPECT_EQ(ParseUrl("https://host")->port, "443");
  EXPECT_EQ(ParseUrl("http://[::1]:99/")->host, "::1");
  EXPECT_EQ(ParseUrl("http://[::1]")->port, "10333");
}

TEST(ParseUrl, RefusesWhatIsNoAddress) {
  for (const char* text : {"", "http://", "ftp://host", "http://host:port", "http://host:"}) {
    EXPECT_FALSE(ParseUrl(text).has_value()) << text;
  }
}

TEST(Fetch, SaysWhyThereIsNoAnswer) {
  EXPECT_EQ(Fetch(*ParseUrl("http://127.0.0.1:1"), "/", std::chrono::seconds(5)).error, "Connection refused");
}

}  // namespace
}  // namespace lossd::cli
