#include "core/regime/recent_values.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "core/state_codec.h"

namespace lossd::core {
namespace {

constexpr double kMadToDeviation = 1.4826;
constexpr double kSecondDifference = 2.4494897427831781;  // root of 1 + 4 + 1

/// Without branches, for it is asked for at every value.
float MedianOf(const std::array<float, 5>& v) {
  const float low = std::max(std::min(v[0], v[1]), std::min(v[2], v[3]));
  const float high = std::min(std::max(v[0], v[1]), std::max(v[2], v[3]));
  return std::max(std::min(low, high), std::min(std::max(low, high), v[4]));
}

}  // namespace

void RecentValues::Push(double value) {
  if (size_ == 0) origin_ = value;
  constexpr double kMost = std::numeric_limits<float>::max() / 4;
  offsets_[next_] = static_cast<float>(std::clamp(value - origin_, -kMost, kMost));
  next_ = static_cast<std::uint8_t>((next_ + 1U) % kCapacity);
  if (size_ < kCapacity) ++size_;
}

void RecentValues::Clear() { next_ = size_ = 0; }

double RecentValues::MedianOfFive(std::size_t age) const {
  const std::size_t count = std::min<std::size_t>(5, size_ - age);
  std::array<float, 5> values;
  for (std::size_t i = 0; i < count; ++i) values[i] = Offset(age + i);
  if (count == values.size()) return origin_ + static_cast<double>(MedianOf(values));
  std::sort(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(count));
  return origin_ + (static_cast<double>(values[(count - 1) / 2]) + static_cast<double>(values[count / 2])) / 2;
}

double RecentValues::DifferenceNoise(std::size_t most) const {
  if (size_ < 4) return 0;
  const std::size_t count = std::min<std::size_t>({size_ - 1U, most, kDifferences});
  Steps steps;
  for (std::size_t i = 0; i < count; ++i) steps[i] = Offset(i) - Offset(i + 1);
  return Deviation(steps, count) / std::numbers::sqrt2;
}

double RecentValues::SecondDifferenceNoise(std::size_t apart) const {
  if (size_ < 4 + 2 * apart) return 0;
  const std::size_t count = std::min<std::size_t>(size_ - 2 * apart, kDifferences);
  Steps steps;
  for (std::size_t i = 0; i < count; ++i) steps[i] = Offset(i) - 2 * Offset(i + apart) + Offset(i + 2 * apart);
  return Deviation(steps, count) / kSecondDifference;
}

double RecentValues::Deviation(Steps& steps, std::size_t count) {
  const auto middle = steps.begin() + static_cast<std::ptrdiff_t>(count / 2);
  const auto end = steps.begin() + static_cast<std::ptrdiff_t>(count);
  std::nth_element(steps.begin(), middle, end);
  const float centre = *middle;
  for (auto step = steps.begin(); step != end; ++step) *step = std::abs(*step - centre);
  std::nth_element(steps.begin(), middle, end);
  return kMadToDeviation * static_cast<double>(*middle);
}

double RecentValues::LeastStep() const {
  float least = 0;
  const std::size_t count = size_ == 0 ? 0 : std::min<std::size_t>(size_ - 1U, kDifferences);
  for (std::size_t i = 0; i < count; ++i) {
    const float step = std::abs(Offset(i) - Offset(i + 1));
    if (step > 0 && (least == 0 || step < least)) least = step;
  }
  return static_cast<double>(least);
}

void RecentValues::Save(StateWriter& out) const {
  out.F64(origin_);
  out.U64(next_);
  out.U64(size_);
  for (std::size_t age = size_; age-- > 0;) out.F64(static_cast<double>(Offset(age)));
}

bool RecentValues::Load(StateReader& in) {
  *this = RecentValues();
  origin_ = in.F64();
  const std::uint64_t next = in.U64(), size = in.U64();
  if (next >= kCapacity || size > kCapacity) in.Fail();
  next_ = static_cast<std::uint8_t>((next + 2 * kCapacity - size) % kCapacity);
  for (std::uint64_t i = 0; i < size && in.ok(); ++i) {
    offsets_[next_] = static_cast<float>(in.F64());
    next_ = static_cast<std::uint8_t>((next_ + 1U) % kCapacity);
    ++size_;
  }
  if (!in.ok()) *this = RecentValues();
  return in.ok();
}

}  // namespace lossd::core
