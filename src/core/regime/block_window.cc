#include "core/regime/block_window.h"

#include <algorithm>
#include <cstring>

#include "core/median.h"
#include "core/state_codec.h"

namespace lossd::core {
void BlockWindow::Wrap() {
  full_ = true;
  std::array<double, 5> last;
  std::copy(offsets_.end() - last.size(), offsets_.end(), last.begin());
  MoveOrigin(origin_ + MedianOfFive(last));
}

void BlockWindow::Clear() {
  next_ = 0;
  full_ = false;
}

void BlockWindow::MoveOrigin(double origin) {
  for (float& offset : offsets_) offset = OffsetOf(origin_ + static_cast<double>(offset), origin);
  origin_ = origin;
}

void BlockWindow::CopyRecent(double* out) const {
  const auto oldest = offsets_.begin() + next_;
  const auto less_oldest = [origin = static_cast<double>(*oldest)](float offset) {
    return static_cast<double>(offset) - origin;
  };
  out = std::transform(oldest, offsets_.end(), out, less_oldest);
  std::transform(offsets_.begin(), oldest, out, less_oldest);
}

BlockWindow::Values BlockWindow::Recent() const {
  Values recent;
  CopyRecent(recent.data());
  return recent;
}

struct BlockWindow::Fitted {
  // A vector of the compiler's: the sums of an array would be taken one after the other.
  static constexpr std::size_t kLanes = 4;
  using Lanes [[gnu::vector_size(kLanes * sizeof(double))]] = double;

  /// Of `values` with the oldest twice more in front.
  [[gnu::always_inline]] static inline void Run(const double* values, Line& line) {
    const auto sum = [](const Lanes& lanes) { return (lanes[0] + lanes[1]) + (lanes[2] + lanes[3]); };
    std::array<double, 2> sums, centred;
    Lanes steps{}, strides{};
    for (std::size_t half = 0; half < 2; ++half) {
      Lanes total{}, weighted{}, x = {0, 1, 2, 3};
      x -= (kHalf - 1) / 2.0;
      for (std::size_t i = half * kHalf; i < (half + 1) * kHalf; i += kLanes) {
        Lanes value, before, before_that;
        std::memcpy(&value, values + i, sizeof value);
        std::memcpy(&before, values + i - 1, sizeof before);
        std::memcpy(&before_that, values + i - 2, sizeof before_that);
        total += value;
        weighted += x * value;
        x += static_cast<double>(kLanes);
        steps += (value - before) * (value - before);
        strides += (value - before_that) * (value - before_that);
      }
      sums[half] = sum(total);
      centred[half] = sum(weighted);
    }
    const double first_step = values[1] - values[0], last = values[kSize - 1];
    const double step_squares = sum(steps), stride_squares = sum(strides) - first_step * first_step;
    line.mean = (sums[0] + sums[1]) * (1 / kCount);
    line.slope = (centred[0] + centred[1] + kCount / 4 * (sums[1] - sums[0])) * (1 / kSxx);
    line.first_slope = centred[0] * (1 / kHalfSxx);
    line.second_slope = centred[1] * (1 / kHalfSxx);
    const double total_step = last - values[0], total_stride = total_step + values[kSize - 2] - values[1];
    const double square = line.slope * line.slope;
    line.step_variance = std::max(0.0, (step_squares - 2 * line.slope * total_step) * (1 / (kCount - 1)) + square);
    line.stride_variance =
        std::max(0.0, (stride_squares - 4 * line.slope * total_stride) * (1 / (kCount - 2)) + 4 * square);
  }

#if defined(__x86_64__)
  [[gnu::target("avx2")]] static void RunWide(const double* values, Line& line) { Run(values, line); }
#endif
};

// Equal to the bit with the wide vectors and without, since AVX2 alone fuses no product with a sum.
BlockWindow::Line BlockWindow::Fit() const {
  constexpr std::size_t kBefore = 2;
  std::array<double, kBefore + kSize> values;
  values[0] = values[1] = 0;
  CopyRecent(values.data() + kBefore);
  Line line;
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2")) {
    Fitted::RunWide(values.data() + kBefore, line);
  } else {
    Fitted::Run(values.data() + kBefore, line);
  }
#else
  Fitted::Run(values.data() + kBefore, line);
#endif
  line.mean += origin_ + static_cast<double>(offsets_[next_]);
  return line;
}

void BlockWindow::Save(StateWriter& out) const {
  out.F64(origin_);
  for (const float offset : offsets_) out.F64(static_cast<double>(offset));
  out.U64(next_);
  out.Bool(full_);
}

bool BlockWindow::Load(StateReader& in) {
  origin_ = in.F64();
  for (float& offset : offsets_) offset = static_cast<float>(in.F64());
  const std::uint64_t next = in.U64();
  if (next >= kSize) in.Fail();
  next_ = static_cast<std::uint8_t>(next % kSize);
  full_ = in.Bool();
  if (!in.ok()) *this = BlockWindow();
  return in.ok();
}

}  // namespace lossd::core
