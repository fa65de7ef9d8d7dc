#include "cli/top/built_in_terminals.h"

#include <gtest/gtest.h>

#include <string>

namespace lossd::cli {
namespace {

std::string NameFor(std::string_view term) {
  const BuiltInTerminal* found = FindBuiltInTerminal(term);
  return found == nullptr ? "" : std::string(found->name);
}

TEST(BuiltInTerminals, AreNearWhatIsAskedFor) {
  EXPECT_EQ(NameFor("xterm"), "xterm-256color");
  EXPECT_EQ(NameFor("xterm-kitty"), "xterm-256color");
  EXPECT_EQ(NameFor("foot"), "xterm-256color");
  EXPECT_EQ(NameFor("tmux-256color"), "screen-256color");
  EXPECT_EQ(NameFor("screen"), "screen-256color");
  EXPECT_EQ(NameFor("linux"), "linux");
  EXPECT_EQ(NameFor("vt220"), "vt100");
  EXPECT_EQ(NameFor("some-terminal"), "vt100");
  EXPECT_EQ(NameFor("\x1b[2J"), "vt100");
}

TEST(BuiltInTerminals, AreNoneForWhatCannotBeDrawnOn) {
  EXPECT_EQ(NameFor(""), "");
  EXPECT_EQ(NameFor("dumb"), "");
}

TEST(BuiltInTerminals, AreInTheFormThatNcursesTakes) {
  for (const char* term : {"xterm", "tmux", "linux", "vt100"}) {
    const std::string description = FindBuiltInTerminal(term)->description;
    EXPECT_TRUE(description.starts_with("b64:")) << term;
    EXPECT_EQ(description.find_first_of(" \n\""), std::string::npos) << term;
  }
}

}  // namespace
}  // namespace lossd::cli
