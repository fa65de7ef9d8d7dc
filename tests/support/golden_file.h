// Expected output that is too long for a test's source: a file that `./dev golden` rewrites and a reviewer reads as a
// diff.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

namespace lossd {

/// Compares `actual` with the file `name` in tests/data. Tests that call it have "Golden" in their name: the command
/// finds them so.
inline void ExpectGolden(const std::string& name, const std::string& actual) {
  const std::string path = std::string(LOSSD_TEST_DATA) + "/" + name;
  if (std::getenv("LOSSD_UPDATE_GOLDEN") != nullptr) {
    std::ofstream(path, std::ios::binary) << actual;
    return;
  }
  std::ifstream file(path, std::ios::binary);
  ASSERT_TRUE(file.is_open()) << path;
  const std::string expected((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  EXPECT_EQ(actual, expected) << "if the change is meant: ./dev golden, and review the diff";
}

}  // namespace lossd
