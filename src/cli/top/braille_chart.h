// A curve in the cells of a terminal.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "cli/run_text.h"

namespace lossd::cli {

/// The scale of a chart; both are finite and low < high.
struct ChartRange {
  double low = 0, high = 1;
};

/// The range that holds all finite values, widened where they are all equal. With `logarithmic` that of the positive
/// ones. Nothing to hold: 0 to 1.
ChartRange RangeOf(const std::vector<const std::vector<double>*>& columns, bool logarithmic);

/// Rows of exactly `width` characters, the top one first, in which the values from left to right are drawn as a line,
/// each stretch as high as it reaches (`min` to `max`). In UTF-8 each character holds 2 by 4 dots of braille, in ASCII
/// one mark. `min` and `max` are equally long; NaN is left out.
std::vector<std::string> DrawCurve(const std::vector<double>& min, const std::vector<double>& max, std::size_t width,
                                   std::size_t height, ChartRange range, bool logarithmic, Charset charset);

}  // namespace lossd::cli
