#include "readers/file_nature.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "readers/log_stream.h"

namespace lossd::readers {
namespace {

using testing::HasSubstr;
using namespace std::string_literals;

TEST(NatureOf, KnowsWhatIsCompressed) {
  EXPECT_THAT(std::string(NatureOf("\x1f\x8b\x08\0\0"s)), HasSubstr("compressed"));
  EXPECT_THAT(std::string(NatureOf("\x28\xb5\x2f\xfd\x24"s)), HasSubstr("compressed"));
}

TEST(NatureOf, KnowsCheckpoints) {
  EXPECT_THAT(std::string(NatureOf("PK\x03\x04\0\0"s)), HasSubstr("checkpoint"));
  EXPECT_THAT(std::string(NatureOf("\x80\x02\x8a\x0a"s)), HasSubstr("checkpoint"));
  EXPECT_THAT(std::string(NatureOf("\x40\x01\0\0\0\0\0\0{\"model.weight\":"s)), HasSubstr("checkpoint"));
}

TEST(NatureOf, KnowsOtherBytesThatAreNoText) {
  std::string bytes;
  for (int i = 0; i < 1000; ++i) bytes.push_back(static_cast<char>(i * 37));
  EXPECT_THAT(std::string(NatureOf(bytes)), HasSubstr("not text"));
}

TEST(NatureOf, IsSilentOfTexts) {
  EXPECT_EQ(NatureOf(""), "");
  EXPECT_EQ(NatureOf("step 1 loss 2.5\n"), "");
  EXPECT_EQ(NatureOf("\x1b[32mepoch 1\x1b[0m\r 10%|\xe2\x96\x88 | 1/10\r\b\b\n"), "");
  EXPECT_EQ(NatureOf("\xff\xfe" + "s\0t\0e\0p\0 \0"
                                  "1\0\n\0 \0 \0 \0"s),
            "");
  EXPECT_EQ(NatureOf(std::string(5000, '\0') + "step 1 loss 2.5\n"), "");
  EXPECT_EQ(NatureOf("\xce\xf3\xb2\xee: 2.5, \xb2\xbd: 10\n\xce\xf3\xb2\xee: 2.25\n"), "");
}

TEST(LogStream, TellsTheNatureOfWhatItReads) {
  LogStream packed("a.log");
  packed.Push("\x1f\x8b\x08\0\0\0\0\0 and so on\n"s);
  EXPECT_THAT(std::string(packed.nature()), HasSubstr("compressed"));
  LogStream text("b.log");
  text.Push("step 1 loss 2.5\n");
  EXPECT_EQ(text.nature(), "");
}

}  // namespace
}  // namespace lossd::readers
