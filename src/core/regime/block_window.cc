#include "core/regime/block_window.h"

#include <algorithm>

#include "core/state_codec.h"

namespace lossd::core {
namespace {

/// Fall of the spread (in squares) below what has passed through the sums that calls for fresh ones.
constexpr double kPeakRatio = 0x1p8;

double Square(double value) { return value * value; }

}  // namespace

void BlockWindow::Half::Slide(double gone, double added) {
  sum -= gone;
  weighted -= sum;  // every remaining x falls by one
  weighted += (kHalf - 1) * added;
  sum += added;
}

void BlockWindow::Push(double value) {
  if (full_) Slide(value);
  values_[next_] = value;
  next_ = static_cast<std::uint8_t>((next_ + 1U) % kSize);
  full_ |= next_ == 0;
  if (full_ && (next_ == 0 || Outlived())) Refresh();
}

void BlockWindow::Clear() {
  next_ = 0;
  full_ = false;
}

void BlockWindow::Slide(double value) {
  const double gone = FromOldest(0) - anchor_;
  const double middle = FromOldest(kHalf) - anchor_;
  const double added = value - anchor_;
  first_.Slide(gone, middle);
  second_.Slide(middle, added);
  squares_ += added * added - gone * gone;
  peak_squares_ = std::max(peak_squares_, squares_);
  step_squares_ += Square(value - FromOldest(kSize - 1)) - Square(FromOldest(1) - FromOldest(0));
  stride_squares_ += Square(value - FromOldest(kSize - 2)) - Square(FromOldest(2) - FromOldest(0));
}

/// Also where a sum has overflowed.
bool BlockWindow::Outlived() const {
  const double spread = squares_ * kCount - Square(first_.sum + second_.sum);
  return !(peak_squares_ * kCount <= kPeakRatio * spread);
}

void BlockWindow::Refresh() {
  const Values recent = Recent();
  double sum = 0;
  for (const double value : recent) sum += value;
  const double mean = sum / kCount;
  anchor_ = values_[next_] + mean;
  // Sums of their own, which stay in registers: as members they would go through memory at every value.
  double squares = 0, step_squares = Square(recent[1] - recent[0]), stride_squares = 0;
  const auto moments = [&](std::size_t begin) {
    Half half;
    for (std::size_t x = 0; x < kHalf; ++x) {
      const double d = FromOldest(begin + x) - anchor_;
      half.sum += d;
      half.weighted += static_cast<double>(x) * d;
      squares += d * d;
    }
    return half;
  };
  first_ = moments(0);
  second_ = moments(kHalf);
  for (std::size_t i = 2; i < kSize; ++i) {
    step_squares += Square(recent[i] - recent[i - 1]);
    stride_squares += Square(recent[i] - recent[i - 2]);
  }
  squares_ = peak_squares_ = squares;
  step_squares_ = step_squares;
  stride_squares_ = stride_squares;
}

BlockWindow::Values BlockWindow::Recent() const {
  Values recent;
  const auto oldest = values_.begin() + next_;
  const auto less_oldest = [origin = *oldest](double value) { return value - origin; };
  const auto wrap = std::transform(oldest, values_.end(), recent.begin(), less_oldest);
  std::transform(values_.begin(), oldest, wrap, less_oldest);
  return recent;
}

void BlockWindow::Save(StateWriter& out) const {
  for (const double value : values_) out.F64(value);
  for (const double value : {anchor_, first_.sum, first_.weighted, second_.sum, second_.weighted, step_squares_,
                             stride_squares_, squares_, peak_squares_}) {
    out.F64(value);
  }
  out.U64(next_);
  out.Bool(full_);
}

bool BlockWindow::Load(StateReader& in) {
  for (double& value : values_) value = in.F64();
  for (double* value : {&anchor_, &first_.sum, &first_.weighted, &second_.sum, &second_.weighted, &step_squares_,
                        &stride_squares_, &squares_, &peak_squares_}) {
    *value = in.F64();
  }
  const std::uint64_t next = in.U64();
  if (next >= kSize) in.Fail();
  next_ = static_cast<std::uint8_t>(next % kSize);
  full_ = in.Bool();
  if (!in.ok()) *this = BlockWindow();
  return in.ok();
}

}  // namespace lossd::core
