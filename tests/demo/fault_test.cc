#include "demo/fault.h"

#include <gtest/gtest.h>

namespace lossd::demo {
namespace {

TEST(ParseFault, ReadsKindStepAndAmount) {
  const auto fault = ParseFault("lr-jump@500:30");
  ASSERT_TRUE(fault);
  EXPECT_EQ(fault->kind, Fault::Kind::kLrJump);
  EXPECT_EQ(fault->step, 500);
  EXPECT_EQ(fault->amount, 30);
}

TEST(ParseFault, TakesTheUsualAmountWhereNoneIsGiven) {
  EXPECT_EQ(ParseFault("lr-jump@7")->amount, 30);
  EXPECT_EQ(ParseFault("rewind@7")->amount, 100);
  EXPECT_EQ(ParseFault("corrupt@7")->amount, 0);
}

TEST(ParseFault, RefusesWhatIsNotAFault) {
  for (const char* text :
       {"", "nan", "nan@", "@5", "nan@x", "nan@-1", "nan@5x", "melt@5", "lr-jump@5:", "lr-jump@5:-2"}) {
    EXPECT_FALSE(ParseFault(text)) << text;
  }
}

TEST(Describe, SaysWhenAndWhat) { EXPECT_EQ(Describe(*ParseFault("freeze@40")), "step 40: the weights freeze"); }

}  // namespace
}  // namespace lossd::demo
