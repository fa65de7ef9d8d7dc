#include "core/regime/recent_values.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <span>

#include "core/state_codec.h"

namespace lossd::core {
namespace {

constexpr double kFarOrigin = 1024;  // times the value, away from it: the origin costs it digits
constexpr double kMadToDeviation = 1.4826;
constexpr double kSecondDifference = 2.4494897427831781;  // root of 1 + 4 + 1

float OffsetOf(double value, double origin) {
  constexpr double kMost = std::numeric_limits<float>::max() / 4;
  return static_cast<float>(std::clamp(value - origin, -kMost, kMost));
}

/// Without branches, for it is asked for at every value.
float MedianOf(const std::array<float, 5>& v) {
  const float low = std::max(std::min(v[0], v[1]), std::min(v[2], v[3]));
  const float high = std::min(std::max(v[0], v[1]), std::max(v[2], v[3]));
  return std::max(std::min(low, high), std::min(std::max(low, high), v[4]));
}

/// Those for which `first` holds go to the front; how many they are. Without a branch on what `first` says, which
/// nobody can foresee.
template <class First>
std::size_t Partition(std::span<float> values, First first) {
  std::size_t count = 0;
  for (float& value : values) {
    const float held = value;
    value = values[count];
    values[count] = held;
    count += first(held) ? 1U : 0U;
  }
  return count;
}

/// The value that would be at `rank` if `values`, whose order is lost, were sorted.
float Select(std::span<float> values, std::size_t rank) {
  constexpr std::size_t kFew = 6;
  while (values.size() > kFew) {
    const float a = values.front(), b = values[values.size() / 2], c = values.back();
    const float pivot = std::max(std::min(a, b), std::min(std::max(a, b), c));
    std::size_t below = Partition(values, [pivot](float value) { return value < pivot; });
    if (rank < below) {
      values = values.first(below);
      continue;
    }
    if (below == 0) {
      below = Partition(values, [pivot](float value) { return value == pivot; });
      if (rank < below) return pivot;
    }
    values = values.subspan(below);
    rank -= below;
  }
  std::sort(values.begin(), values.end());
  return values[rank];
}

/// Robust deviation about their middle.
double Deviation(std::span<float> steps) {
  const float centre = Select(steps, steps.size() / 2);
  for (float& step : steps) step = std::abs(step - centre);
  return kMadToDeviation * static_cast<double>(Select(steps, steps.size() / 2));
}

}  // namespace

void RecentValues::Push(double value) {
  if (size_ == 0) origin_ = value;
  if (std::abs(value - origin_) > kFarOrigin * std::abs(value)) MoveOrigin(value);
  offsets_[next_] = OffsetOf(value, origin_);
  next_ = static_cast<std::uint8_t>((next_ + 1U) % kCapacity);
  if (size_ < kCapacity) ++size_;
}

void RecentValues::MoveOrigin(double origin) {
  for (float& offset : offsets_) offset = OffsetOf(origin_ + static_cast<double>(offset), origin);
  origin_ = origin;
}

void RecentValues::Clear() { next_ = size_ = 0; }

void RecentValues::Newest(std::size_t count, float* out) const {
  const std::size_t before_wrap = std::min<std::size_t>(count, next_);
  out = std::reverse_copy(offsets_.begin() + next_ - before_wrap, offsets_.begin() + next_, out);
  std::reverse_copy(offsets_.end() - static_cast<std::ptrdiff_t>(count - before_wrap), offsets_.end(), out);
}

double RecentValues::MedianOfFive(std::size_t age) const {
  const std::size_t count = std::min<std::size_t>(5, size_ - age);
  std::array<float, 5> values;
  if (next_ >= age + values.size()) {
    std::copy_n(offsets_.begin() + next_ - age - values.size(), values.size(), values.begin());
  } else {
    for (std::size_t i = 0; i < count; ++i) values[i] = Offset(age + i);
  }
  if (count == values.size()) return origin_ + static_cast<double>(MedianOf(values));
  std::sort(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(count));
  return origin_ + (static_cast<double>(values[(count - 1) / 2]) + static_cast<double>(values[count / 2])) / 2;
}

double RecentValues::DifferenceNoise(std::size_t most) const {
  if (size_ < 4) return 0;
  const std::size_t count = std::min<std::size_t>({size_ - 1U, most, kDifferences});
  std::array<float, kDifferences + 1> values;
  Newest(count + 1, values.data());
  std::array<float, kDifferences> steps;
  for (std::size_t i = 0; i < count; ++i) steps[i] = values[i] - values[i + 1];
  return Deviation({steps.data(), count}) / std::numbers::sqrt2;
}

double RecentValues::SecondDifferenceNoise(std::size_t apart) const {
  if (size_ < 4 + 2 * apart) return 0;
  const std::size_t count = std::min<std::size_t>(size_ - 2 * apart, kDifferences);
  std::array<float, kCapacity> values;
  Newest(count + 2 * apart, values.data());
  std::array<float, kDifferences> steps;
  for (std::size_t i = 0; i < count; ++i) steps[i] = values[i] - 2 * values[i + apart] + values[i + 2 * apart];
  return Deviation({steps.data(), count}) / kSecondDifference;
}

double RecentValues::LeastStep() const {
  if (size_ < 2) return 0;
  const std::size_t count = std::min<std::size_t>(size_ - 1U, kDifferences);
  std::array<float, kDifferences + 1> values;
  Newest(count + 1, values.data());
  constexpr float kNone = std::numeric_limits<float>::max();
  float least = kNone;
  for (std::size_t i = 0; i < count; ++i) {
    const float step = std::abs(values[i] - values[i + 1]);
    least = std::min(least, step > 0 ? step : kNone);
  }
  return least < kNone ? static_cast<double>(least) : 0;
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
