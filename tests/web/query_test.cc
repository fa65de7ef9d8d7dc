#include "web/query.h"

#include <gmock/gmock.h>

namespace lossd::web {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

TEST(Query, UndoesEscapesAndKeepsTheOrder) {
  EXPECT_THAT(*ParseQuery("b=%26%3D&a=1+2&b=&c"),
              ElementsAre(Pair("b", "&="), Pair("a", "1 2"), Pair("b", ""), Pair("c", "")));
}

TEST(Query, MayBeEmpty) {
  EXPECT_THAT(*ParseQuery(""), IsEmpty());
  EXPECT_THAT(*ParseQuery("&&"), IsEmpty());
}

TEST(Query, RefusesABrokenEscape) { EXPECT_FALSE(ParseQuery("a=%2").has_value()); }

}  // namespace
}  // namespace lossd::web
