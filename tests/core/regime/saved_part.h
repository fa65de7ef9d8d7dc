// What every part of the classifier owes the saved state.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "core/state_codec.h"

namespace lossd::core {

/// Loads into `loaded` what `part` saves, and expects that all of it is read and that the same would be saved again.
/// Returns the bytes.
template <typename Part>
std::string ExpectTheSameAfterLoad(const Part& part, Part& loaded) {
  StateWriter saved, again;
  part.Save(saved);
  StateReader in(saved.bytes());
  EXPECT_TRUE(loaded.Load(in));
  EXPECT_TRUE(in.at_end());
  loaded.Save(again);
  EXPECT_EQ(again.bytes(), saved.bytes());
  return saved.Take();
}

}  // namespace lossd::core
