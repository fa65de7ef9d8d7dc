#include "core/regime/minima_test.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/state_codec.h"

namespace lossd::core {
namespace {

constexpr std::uint32_t kBlockSamples = 16;
constexpr double kRisenZ = 4;
constexpr float kSharp = 0.5F;  // spread of the older minima, in what lies between minimum and mean

}  // namespace

double MinimaTest::Update(double value) {
  if (samples_ == 0 && blocks_ == 0) origin_ = value;
  constexpr double kMost = std::numeric_limits<float>::max() / kBlockSamples;
  const auto offset = static_cast<float>(std::clamp(value - origin_, -kMost, kMost));
  least_ = samples_ == 0 ? offset : std::min(least_, offset);
  sum_ = samples_ == 0 ? offset : sum_ + offset;
  if (++samples_ < kBlockSamples) return 0;
  samples_ = 0;
  minima_[blocks_++ % kBlocks] = least_;
  const float reach = sum_ / kBlockSamples - least_;
  reach_ += (reach - reach_) / static_cast<float>(std::min<std::uint32_t>(blocks_, kBlocks));
  return blocks_ >= kBlocks ? Compare() : 0;
}

double MinimaTest::Compare() const {
  constexpr std::size_t kHalf = kBlocks / 2;
  constexpr double n = kHalf;
  const std::size_t oldest = blocks_ % kBlocks;
  std::array<float, kHalf> before, after;
  for (std::size_t i = 0; i < kHalf; ++i) {
    before[i] = minima_[(oldest + i) % kBlocks];
    after[i] = minima_[(oldest + kHalf + i) % kBlocks];
  }
  // Here and below without a branch, since the outcome of a comparison is a coin toss.
  float lowest = before[0], highest = before[0];
  for (const float value : before) {
    lowest = std::min(lowest, value);
    highest = std::max(highest, value);
  }
  if (highest - lowest > kSharp * reach_) return 0;
  // Pairs in which the later minimum is the higher one, doubled: equal ones count by half.
  int higher = 0;
  for (const float later : after) {
    for (const float earlier : before) higher += int{later > earlier} + int{later >= earlier};
  }
  const double z = (higher / 2.0 - n * n / 2) / std::sqrt(n * n * (2 * n + 1) / 12);
  if (z < kRisenZ) return 0;
  const auto middle = [](std::array<float, kHalf>& values) {
    std::nth_element(values.begin(), values.begin() + kHalf / 2, values.end());
    return static_cast<double>(values[kHalf / 2]);
  };
  return middle(after) - middle(before);
}

void MinimaTest::Clear() { *this = MinimaTest(); }

void MinimaTest::Save(StateWriter& out) const {
  out.F64(origin_);
  for (const float value : minima_) out.F64(static_cast<double>(value));
  for (const float value : {least_, sum_, reach_}) out.F64(static_cast<double>(value));
  out.U64(samples_);
  out.U64(blocks_);
}

bool MinimaTest::Load(StateReader& in) {
  origin_ = in.F64();
  for (float& value : minima_) value = static_cast<float>(in.F64());
  for (float* value : {&least_, &sum_, &reach_}) *value = static_cast<float>(in.F64());
  samples_ = static_cast<std::uint32_t>(in.U64());
  blocks_ = static_cast<std::uint32_t>(in.U64());
  if (!in.ok()) Clear();
  return in.ok();
}

}  // namespace lossd::core
