#include "web/authenticator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <string>

namespace lossd::web {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

constexpr const char* kSecret = "$2b$04$5FcF8tB0gn6u1GjefpK4ZeyJxKSo.tDNwYWAaBiksWxe2bJr1w9aa";  // of "secret"
constexpr const char* kToken = "an-ingestion-token-of-many-letters";

/// A gate whose password checker answers on this thread.
class WebAccessTest : public ::testing::Test {
 protected:
  void Apply() { access.Apply(config); }
  /// The verdict, and whether it came at once.
  unsigned Ask(const std::string& method, const std::string& path, const std::string& authorization = "") {
    http::Request head;
    head.method = method;
    head.path = path;
    if (!authorization.empty()) head.headers.emplace_back("authorization", authorization);
    std::optional<http::Verdict> late;
    auto verdict = access.Check(head, [&late](http::Verdict given) { late = std::move(given); });
    at_once = verdict.has_value();
    while (!verdict && !late) RunNext();
    if (late) verdict = std::move(late);
    last = verdict->refusal.value_or(http::Response{});
    return verdict->refusal ? verdict->refusal->status : 0;
  }
  void RunNext() {
    std::function<void()> task;
    {
      std::unique_lock lock(mutex);
      posted.wait(lock, [this] { return !tasks.empty(); });
      task = std::move(tasks.front());
      tasks.pop_front();
    }
    task();
  }

  config::WebConfig config;
  bool at_once = false;
  http::Response last;
  std::mutex mutex;
  std::condition_variable posted;
  std::deque<std::function<void()>> tasks;
  Authenticator access{[](const http::Request& head) {
                         if (head.path == "/-/reload") return http::Access::kAdminister;
                         return head.method == "GET" ? http::Access::kRead : http::Access::kIngest;
                       },
                       [this](std::function<void()> task) {
                         const std::lock_guard lock(mutex);
                         tasks.push_back(std::move(task));
                         posted.notify_one();
                       }};
};

constexpr unsigned kLetThrough = 0;
constexpr const char* kRight = "Basic cHJvbTpzZWNyZXQ=";       // prom:secret
constexpr const char* kWrong = "Basic cHJvbTpndWVzcw==";       // prom:guess
constexpr const char* kNobody = "Basic bm9ib2R5OnNlY3JldA==";  // nobody:secret

TEST_F(WebAccessTest, LetsEverybodyThroughWhereNothingIsAskedFor) {
  EXPECT_EQ(Ask("GET", "/metrics"), kLetThrough);
  EXPECT_EQ(Ask("POST", "/api/v1/samples"), kLetThrough);
}

TEST_F(WebAccessTest, AsksForAUserEverywhere) {
  config.basic_auth_users = {{"prom", kSecret}};
  Apply();
  for (const char* path : {"/metrics", "/", "/-/healthy", "/nothing", "/api/v1/jobs"}) {
    EXPECT_EQ(Ask("GET", path), 401u) << path;
    EXPECT_THAT(last.headers, ElementsAre(Pair("WWW-Authenticate", HasSubstr("Basic realm=")))) << path;
    EXPECT_EQ(Ask("GET", path, kRight), kLetThrough) << path;
  }
  EXPECT_EQ(Ask("POST", "/api/v1/samples"), 401u);
  EXPECT_EQ(Ask("POST", "/api/v1/samples", kRight), kLetThrough);
}

TEST_F(WebAccessTest, RemembersWhoWasRightAndNobodyElse) {
  config.basic_auth_users = {{"prom", kSecret}};
  Apply();
  EXPECT_EQ(Ask("GET", "/metrics", kRight), kLetThrough);
  EXPECT_FALSE(at_once);
  EXPECT_EQ(Ask("GET", "/metrics", kRight), kLetThrough);
  EXPECT_TRUE(at_once);
  for (const char* authorization : {kWrong, kNobody}) {
    for (int i = 0; i < 2; ++i) {
      EXPECT_EQ(Ask("GET", "/metrics", authorization), 401u);
      EXPECT_FALSE(at_once) << authorization;
    }
  }
}

TEST_F(WebAccessTest, ForgetsAPasswordThatWasChanged) {
  config.basic_auth_users = {{"prom", kSecret}};
  Apply();
  EXPECT_EQ(Ask("GET", "/metrics", kRight), kLetThrough);
  config.basic_auth_users = {{"prom", "$2b$04$Pr/GTL.4qIOF9gaDLVvPL.0yG0.n5K86XepltxNWmtC41KGo9OjBy"}};
  Apply();
  EXPECT_EQ(Ask("GET", "/metrics", kRight), 401u);
}

TEST_F(WebAccessTest, RefusesWhatIsNoCredential) {
  config.basic_auth_users = {{"prom", kSecret}};
  Apply();
  for (const char* authorization : {"Basic", "Basic ", "Basic !!!!", "Basic cHJvbQ==", "Basic cHJvbTpzZWNyZXQ",
                                    "Digest x", "Bearer secret", "Basic cHJvbTpzZWNyZXQAAA==", "cHJvbTpzZWNyZXQ="}) {
    EXPECT_EQ(Ask("GET", "/metrics", authorization), 401u) << authorization;
  }
  EXPECT_EQ(Ask("GET", "/metrics", "basic   cHJvbTpzZWNyZXQ="), kLetThrough);
}

TEST_F(WebAccessTest, LeavesFreePathsFree) {
  config.basic_auth_users = {{"prom", kSecret}};
  config.unauthenticated_paths = {"/-/healthy", "/api/v1/jobs/*"};
  Apply();
  EXPECT_EQ(Ask("GET", "/-/healthy"), kLetThrough);
  EXPECT_EQ(Ask("GET", "/-/healthy/"), 401u);
  EXPECT_EQ(Ask("GET", "/api/v1/jobs/a/advice"), kLetThrough);
  EXPECT_EQ(Ask("GET", "/api/v1/jobs"), 401u);
}

TEST_F(WebAccessTest, TakesTokensForWhatChangesSomething) {
  config.bearer_tokens = {kToken};
  Apply();
  const std::string bearer = std::string("Bearer ") + kToken;
  EXPECT_EQ(Ask("GET", "/metrics"), kLetThrough);
  for (const auto& [method, path] : std::vector<std::pair<std::string, std::string>>{
           {"POST", "/api/v1/samples"}, {"POST", "/api/v1/jobs/a/finish"}, {"DELETE", "/api/v1/jobs/a"}}) {
    EXPECT_EQ(Ask(method, path), 401u) << path;
    EXPECT_THAT(last.headers, ElementsAre(Pair("WWW-Authenticate", "Bearer realm=\"lossd\"")));
    EXPECT_EQ(Ask(method, path, bearer + "x"), 401u) << path;
    EXPECT_EQ(Ask(method, path, bearer), kLetThrough) << path;
    EXPECT_TRUE(at_once);
  }
  EXPECT_EQ(Ask("GET", "/api/v1/jobs"), kLetThrough);
}

TEST_F(WebAccessTest, TakesAUserOrATokenWhereThereAreBoth) {
  config.basic_auth_users = {{"prom", kSecret}};
  // Of "an-ingestion-token-of-many-letters".
  config.bearer_tokens = {
      "sha256:"
      "befc4e87c2e52a2d42a1b26d722dee211c14044cfd3eead1c995ea66a1a672f4"};
  Apply();
  const std::string bearer = std::string("bearer ") + kToken;
  EXPECT_EQ(Ask("POST", "/api/v1/samples", bearer), kLetThrough);
  EXPECT_EQ(Ask("POST", "/api/v1/samples", kRight), kLetThrough);
  EXPECT_EQ(Ask("POST", "/api/v1/samples", kWrong), 401u);
  EXPECT_EQ(last.headers.size(), 2u);
  EXPECT_EQ(Ask("GET", "/metrics", bearer), 401u);
}

/// The costliest that is taken: none is done before the others have come.
class PasswordShares : public WebAccessTest {
 protected:
  PasswordShares() {
    config.basic_auth_users = {{"prom", "$2b$12$5FcF8tB0gn6u1GjefpK4ZeyJxKSo.tDNwYWAaBiksWxe2bJr1w9aa"}};
    Apply();
  }
  /// The status of a refusal at once, or 0 where the password waits.
  unsigned AskFrom(const std::string& peer) {
    http::Request head{"GET", "/metrics", "", "", {{"authorization", kWrong}}};
    head.peer = peer;
    const auto verdict = access.Check(head, [this, peer](http::Verdict late) {
      ++(late.refusal && late.refusal->status == 503 ? busy : checked)[peer];
    });
    return verdict ? verdict->refusal->status : 0;
  }
  void RunPosted() {
    const std::lock_guard lock(mutex);
    for (; !tasks.empty(); tasks.pop_front()) tasks.front()();
  }
  std::map<std::string, int> busy, checked;
};

TEST_F(PasswordShares, LetNoClientTakeMoreThanItsOwn) {
  for (int i = 0; i < 90; ++i) EXPECT_EQ(AskFrom("10.0.0.1"), 0u);
  EXPECT_EQ(AskFrom("10.0.0.2"), 0u);
  RunPosted();
  // All but those that wait and the one that is being compared; on a busy machine some have been compared meanwhile.
  EXPECT_GE(busy["10.0.0.1"] + checked["10.0.0.1"], 90 - static_cast<int>(PasswordChecker::kMostOfOne) - 1);
  EXPECT_EQ(busy["10.0.0.2"], 0);
}

TEST_F(PasswordShares, AreTakenFromTheOneWithMostWhereAllIsTaken) {
  for (int client = 0; client < 20; ++client) {
    for (int i = 0; i < 5; ++i) AskFrom("10.0.0." + std::to_string(client));
  }
  EXPECT_EQ(AskFrom("10.0.1.1"), 0u);
  RunPosted();
  EXPECT_EQ(busy["10.0.1.1"], 0);
}

TEST_F(PasswordShares, RefuseOneMoreWhereEverybodyHasOne) {
  // Passwords are being checked meanwhile, on threads of their own.
  unsigned answer = 0;
  for (std::size_t client = 0; answer != 503 && client < 20 * PasswordChecker::kMostWaiting; ++client) {
    answer = AskFrom("10.0." + std::to_string(client / 200) + "." + std::to_string(client % 200));
    EXPECT_TRUE(answer == 0 || client >= PasswordChecker::kMostWaiting) << client;
  }
  EXPECT_EQ(answer, 503u);
}

TEST_F(WebAccessTest, KeepsAdministrationFromTokensAndFreePaths) {
  EXPECT_EQ(Ask("POST", "/-/reload"), kLetThrough);
  config.bearer_tokens = {kToken};
  config.unauthenticated_paths = {"/-/*"};
  Apply();
  EXPECT_EQ(Ask("POST", "/-/reload", std::string("Bearer ") + kToken), 403u);
  config.basic_auth_users = {{"prom", kSecret}};
  Apply();
  EXPECT_EQ(Ask("POST", "/-/reload"), 401u);
  EXPECT_EQ(Ask("POST", "/-/reload", kRight), kLetThrough);
}

TEST(IsBcryptHash, KnowsTheKindsThatCanBeChecked) {
  EXPECT_TRUE(config::IsBcryptHash(kSecret));
  for (const std::string& other :
       {std::string("secret"), std::string(kSecret).substr(0, 59), "$2x" + std::string(kSecret).substr(3),
        "$2b$17" + std::string(kSecret).substr(6), "$2b$03" + std::string(kSecret).substr(6),
        "$1$b$04" + std::string(kSecret).substr(7), std::string(kSecret).substr(0, 59) + "!"}) {
    EXPECT_FALSE(config::IsBcryptHash(other)) << other;
  }
}

}  // namespace
}  // namespace lossd::web
