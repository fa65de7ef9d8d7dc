#include "text/weighted_list.h"

#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <string_view>

namespace lossd::text {
namespace {

std::string Parsed(std::string_view header) {
  std::ostringstream out;
  for (const WeightedElement& element : ParseWeightedList(header)) {
    out << '[' << element.value << ' ' << element.version << ' ' << element.quality << ']';
  }
  return out.str();
}

TEST(ParseWeightedList, ReadsValuesVersionsAndQualities) {
  EXPECT_EQ(Parsed("gzip"), "[gzip  1]");
  EXPECT_EQ(Parsed("GZIP;Q=0.5 ,\t*; q=0"), "[gzip  0.5][*  0]");
  EXPECT_EQ(Parsed("text/plain;version=\"0.0.4\";charset=utf-8;q=1.000"), "[text/plain 0.0.4 1]");
}

TEST(ParseWeightedList, LeavesOutWhatHasNoQuality) {
  EXPECT_EQ(Parsed(""), "");
  EXPECT_EQ(Parsed("a;q=2, b;q=-1, c;q=, d;q=0.5x, e;q=nan, f;q, g"), "[g  1]");
  EXPECT_EQ(Parsed("a;q=0.5;q=x"), "");
}

}  // namespace
}  // namespace lossd::text
