// How wide the columns of the terminal view are.
#pragma once

#include <algorithm>

namespace lossd::cli {

/// The cells of the overview's columns that depend on the width of the terminal.
struct TopColumns {
  int name, regime;
  bool wide;  ///< with velocity and age
};

/// Where there is room, the regime has some for a state and its reason, too.
inline TopColumns ColumnsOf(int width) {
  const bool wide = width >= 100;
  const int regime = width >= 120 ? 24 : 16;
  return {std::max(12, width - 46 - regime - (wide ? 20 : 0)), regime, wide};
}

}  // namespace lossd::cli
