#include "web/request_origin.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace lossd::web {
namespace {

using Headers = std::vector<std::pair<std::string, std::string>>;

bool Refused(Effect effect, Headers headers, const std::vector<std::string>& allowed = {}, bool on_loopback = true) {
  http::Request head;
  head.headers = std::move(headers);
  head.on_loopback = on_loopback;
  const auto refusal = RefuseForeign(head, effect, allowed);
  EXPECT_TRUE(!refusal || refusal->status == 403u);
  return refusal.has_value();
}

TEST(RefuseForeign, LeavesProgramsAlone) {
  for (const char* host :
       {"localhost:10333", "127.0.0.1:10333", "[::1]:10333", "10.1.2.3", "lossd", "a.localhost", ""}) {
    EXPECT_FALSE(Refused(Effect::kChanges, {{"host", host}})) << host;
  }
  EXPECT_FALSE(Refused(Effect::kChanges, {}));  // HTTP/1.0
}

TEST(RefuseForeign, RefusesANameThatLeadsToLoopback) {
  for (const char* host : {"evil.example", "evil.example:10333", "127.0.0.1.evil.example", "localhost.evil.example"}) {
    EXPECT_TRUE(Refused(Effect::kNone, {{"host", host}})) << host;
    EXPECT_FALSE(Refused(Effect::kNone, {{"host", host}}, {}, false)) << host;
    EXPECT_FALSE(Refused(Effect::kNone, {{"host", host}}, {"*"})) << host;
  }
  EXPECT_FALSE(Refused(Effect::kNone, {{"host", "Lossd.Example.org"}}, {"lossd.example.org"}));
  EXPECT_TRUE(Refused(Effect::kNone, {{"host", "evil.example"}}, {"lossd.example.org"}, false));
}

TEST(RefuseForeign, RefusesChangesByAPageOfAnotherSite) {
  const std::string host = "localhost:10333";
  EXPECT_TRUE(Refused(Effect::kChanges, {{"host", host}, {"sec-fetch-site", "cross-site"}}));
  EXPECT_TRUE(Refused(Effect::kChanges, {{"host", host}, {"origin", "https://evil.example"}}));
  EXPECT_TRUE(Refused(Effect::kChanges, {{"host", host}, {"origin", "null"}}));
  EXPECT_TRUE(Refused(Effect::kChanges, {{"host", host}, {"origin", "http://localhost:3000"}}));
  EXPECT_FALSE(Refused(Effect::kChanges,
                       {{"host", host}, {"origin", "http://localhost:10333"}, {"sec-fetch-site", "same-origin"}}));
  EXPECT_FALSE(
      Refused(Effect::kNone, {{"host", host}, {"origin", "https://evil.example"}, {"sec-fetch-site", "cross-site"}}));
}

TEST(RefuseForeign, TakesChangesFromTheHostOfAProxy) {
  const Headers headers = {{"host", "127.0.0.1:10333"}, {"origin", "https://lossd.example.org"}};
  EXPECT_TRUE(Refused(Effect::kChanges, headers));
  EXPECT_FALSE(Refused(Effect::kChanges, headers, {"lossd.example.org"}));
}

}  // namespace
}  // namespace lossd::web
