#include "cli/top/braille_chart.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

namespace lossd::cli {
namespace {

/// The bit of each dot of a braille character, by column and row.
constexpr std::array<std::array<std::uint8_t, 4>, 2> kDots = {{{0x01, 0x02, 0x04, 0x40}, {0x08, 0x10, 0x20, 0x80}}};

/// U+2800 to U+28FF in UTF-8.
std::string Braille(std::uint8_t dots) {
  return {static_cast<char>(0xe2), static_cast<char>(0xa0 + dots / 64), static_cast<char>(0x80 + dots % 64)};
}

class Grid {
 public:
  Grid(std::size_t columns, std::size_t rows) : columns_(columns), rows_(rows), dots_(columns * rows) {}
  void Set(std::size_t column, std::size_t row) { dots_[row * columns_ + column] = true; }
  bool at(std::size_t column, std::size_t row) const { return dots_[row * columns_ + column]; }
  std::size_t columns() const { return columns_; }
  std::size_t rows() const { return rows_; }

 private:
  std::size_t columns_, rows_;
  std::vector<bool> dots_;
};

std::size_t RowOf(double value, ChartRange range, std::size_t rows) {
  const double part = std::clamp((value - range.low) / (range.high - range.low), 0.0, 1.0);
  return static_cast<std::size_t>(std::lround((1 - part) * static_cast<double>(rows - 1)));
}

void Draw(Grid& grid, const std::vector<double>& min, const std::vector<double>& max, ChartRange range) {
  const std::size_t count = min.size();
  bool joined = false;
  double low_before = 0, high_before = 0;
  for (std::size_t column = 0; column < grid.columns(); ++column) {
    const std::size_t begin = column * count / grid.columns();
    const std::size_t end = std::max(begin + 1, (column + 1) * count / grid.columns());
    double low = HUGE_VAL, high = -HUGE_VAL;
    for (std::size_t i = begin; i < std::min(end, count); ++i) {
      if (std::isfinite(min[i])) low = std::min(low, min[i]);
      if (std::isfinite(max[i])) high = std::max(high, max[i]);
    }
    if (low > high) {
      joined = false;
      continue;
    }
    // To where the column before it ended, so that a steep line has no gaps.
    const double from = joined ? std::min(low, high_before) : low, to = joined ? std::max(high, low_before) : high;
    for (std::size_t row = RowOf(to, range, grid.rows()); row <= RowOf(from, range, grid.rows()); ++row) {
      grid.Set(column, row);
    }
    joined = true;
    low_before = low;
    high_before = high;
  }
}

std::vector<double> Logarithms(const std::vector<double>& values) {
  std::vector<double> logarithms;
  for (const double value : values) logarithms.push_back(value > 0 ? std::log10(value) : std::nan(""));
  return logarithms;
}

}  // namespace

ChartRange RangeOf(const std::vector<const std::vector<double>*>& columns, bool logarithmic) {
  double low = HUGE_VAL, high = -HUGE_VAL;
  for (const auto* column : columns) {
    for (const double value : *column) {
      if (!std::isfinite(value) || (logarithmic && value <= 0)) continue;
      low = std::min(low, value);
      high = std::max(high, value);
    }
  }
  if (low > high) return {};
  if (low < high) return {low, high};
  const double room = logarithmic ? low / 2 : std::max(std::fabs(low) / 10, 1e-9);
  return {low - room, high + room};
}

std::vector<std::string> DrawCurve(const std::vector<double>& min, const std::vector<double>& max, std::size_t width,
                                   std::size_t height, ChartRange range, bool logarithmic, Charset charset) {
  const bool braille = charset == Charset::kUtf8;
  Grid grid(braille ? 2 * width : width, braille ? 4 * height : height);
  if (logarithmic && range.low > 0) {
    Draw(grid, Logarithms(min), Logarithms(max), {std::log10(range.low), std::log10(range.high)});
  } else {
    Draw(grid, min, max, range);
  }
  std::vector<std::string> lines(height);
  for (std::size_t y = 0; y < height; ++y) {
    for (std::size_t x = 0; x < width; ++x) {
      if (!braille) {
        lines[y] += grid.at(x, y) ? '*' : ' ';
        continue;
      }
      std::uint8_t dots = 0;
      for (std::size_t column = 0; column < 2; ++column) {
        for (std::size_t row = 0; row < 4; ++row) {
          if (grid.at(2 * x + column, 4 * y + row)) dots = static_cast<std::uint8_t>(dots | kDots[column][row]);
        }
      }
      lines[y] += dots == 0 ? std::string(" ") : Braille(dots);
    }
  }
  return lines;
}

}  // namespace lossd::cli
