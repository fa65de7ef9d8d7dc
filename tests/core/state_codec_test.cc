#include "core/state_codec.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

namespace lossd::core {
namespace {

TEST(StateCodec, GivesBackWhatWasWritten) {
  StateWriter out;
  out.U64(0xFEDCBA9876543210ULL);
  out.I64(std::numeric_limits<std::int64_t>::min());
  out.F64(-0.0);
  out.F64(std::numeric_limits<double>::denorm_min());
  out.F64(std::numeric_limits<double>::quiet_NaN());
  out.Bool(true);
  out.String(std::string_view("a\0b", 3));
  out.String("");
  StateReader in(out.bytes());
  EXPECT_EQ(in.U64(), 0xFEDCBA9876543210ULL);
  EXPECT_EQ(in.I64(), std::numeric_limits<std::int64_t>::min());
  EXPECT_TRUE(std::signbit(in.F64()));
  EXPECT_EQ(in.F64(), std::numeric_limits<double>::denorm_min());
  EXPECT_TRUE(std::isnan(in.F64()));
  EXPECT_TRUE(in.Bool());
  EXPECT_EQ(in.String(), std::string_view("a\0b", 3));
  EXPECT_EQ(in.String(), "");
  EXPECT_TRUE(in.ok());
  EXPECT_TRUE(in.at_end());
}

TEST(StateCodec, IsLittleEndianOfFixedWidth) {
  StateWriter out;
  out.U64(0x0102030405060708ULL);
  EXPECT_EQ(out.bytes(), "\x08\x07\x06\x05\x04\x03\x02\x01");
}

TEST(StateCodec, FailsForGoodPastTheEnd) {
  StateWriter out;
  out.U64(1);
  StateReader in(out.bytes());
  EXPECT_EQ(in.U64(), 1U);
  EXPECT_TRUE(in.ok());
  EXPECT_EQ(in.U64(), 0U);
  EXPECT_FALSE(in.ok());
  EXPECT_EQ(in.String(), "");
  EXPECT_FALSE(in.ok());
}

TEST(StateCodec, RefusesALengthBeyondTheInput) {
  StateWriter out;
  out.U64(std::numeric_limits<std::uint64_t>::max());
  out.U64(7);
  StateReader in(out.bytes());
  EXPECT_EQ(in.String(), "");
  EXPECT_FALSE(in.ok());
}

TEST(StateCodec, RefusesATimeThatWouldOverflow) {
  for (const std::int64_t value :
       {std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()}) {
    StateWriter out;
    out.I64(value);
    StateReader span(out.bytes()), moment(out.bytes());
    span.Span(), moment.Moment();
    EXPECT_FALSE(span.ok());
    EXPECT_FALSE(moment.ok());
  }
  StateWriter out;
  out.I64(1'790'000'000'000'000'000);
  out.I64(-60'000'000'000);
  StateReader in(out.bytes());
  EXPECT_EQ(in.Moment(), 1'790'000'000'000'000'000);
  EXPECT_EQ(in.Span(), -60'000'000'000);
  EXPECT_TRUE(in.ok());
}

TEST(StateCodec, RefusesABoolThatIsNone) {
  StateWriter out;
  out.U64(2);
  StateReader in(out.bytes());
  EXPECT_FALSE(in.Bool());
  EXPECT_FALSE(in.ok());
}

}  // namespace
}  // namespace lossd::core
