#include "core/regime/run_summary.h"

#include <algorithm>
#include <bit>
#include <limits>

#include "core/state_codec.h"

namespace lossd::core {

void RunSummary::Push(double value) {
  if (!started_) origin_ = value;
  started_ = true;
  constexpr double kMost = std::numeric_limits<float>::max() / 4;
  sum_ += std::clamp(value - origin_, -kMost, kMost);
  if (++filled_ < width_) return;
  means_[count_++] = static_cast<float>(sum_ / static_cast<double>(width_));
  sum_ = 0;
  filled_ = 0;
  if (count_ < kBlocks) return;
  count_ = static_cast<std::uint8_t>(count_ / 2U);
  for (std::size_t i = 0; i < count_; ++i) means_[i] = (means_[2 * i] + means_[2 * i + 1]) / 2;
  width_ *= 2;
}

void RunSummary::Clear() { *this = RunSummary(); }

void RunSummary::Save(StateWriter& out) const {
  out.F64(origin_);
  out.F64(sum_);
  for (const std::uint64_t value : {width_, std::uint64_t{filled_}, std::uint64_t{count_}}) out.U64(value);
  out.Bool(started_);
  for (std::size_t i = 0; i < count_; ++i) out.F64(static_cast<double>(means_[i]));
}

bool RunSummary::Load(StateReader& in) {
  *this = RunSummary();
  origin_ = in.F64();
  sum_ = in.F64();
  width_ = in.U64();
  filled_ = static_cast<std::uint32_t>(in.U64());
  const std::uint64_t count = in.U64();
  if (count >= kBlocks || !std::has_single_bit(width_) || filled_ >= width_) in.Fail();
  started_ = in.Bool();
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) means_[count_++] = static_cast<float>(in.F64());
  if (!in.ok()) Clear();
  return in.ok();
}

}  // namespace lossd::core
