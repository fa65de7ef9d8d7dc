#include "cli/local_server.h"

#include <gtest/gtest.h>

namespace lossd::cli {
namespace {

TEST(LocalServer, IsReachedWhereItListens) {
  EXPECT_EQ(LocalServer(":10333", false).Text(), "http://127.0.0.1:10333/");
  EXPECT_EQ(LocalServer("0.0.0.0:1", true).Text(), "https://127.0.0.1:1/");
  EXPECT_EQ(LocalServer("[::]:1", false).Text(), "http://[::1]:1/");
  EXPECT_EQ(LocalServer("[fe80::1]:1", false).Text(), "http://[fe80::1]:1/");
  EXPECT_EQ(LocalServer("trainer:1", false).Text(), "http://trainer:1/");
}

}  // namespace
}  // namespace lossd::cli
