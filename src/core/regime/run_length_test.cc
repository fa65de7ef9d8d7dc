#include "core/regime/run_length_test.h"

#include <algorithm>
#include <cmath>

#include "core/state_codec.h"

namespace lossd::core {
namespace {

constexpr double kLineDeviations = 0.5;
constexpr double kClip = 4;          // noise deviations that one sample counts for at most
constexpr float kMeanHeight = 1.5F;  // noise deviations: a lift that matters, not only one that is there
constexpr float kMaxChance = 3e-5F;  // that a run as long begins at a given sample
constexpr std::uint32_t kShortest = 5;
constexpr std::uint32_t kMinRuns = 8;  // before them nothing is known of their length
constexpr float kLengthGain = 1.0F / 64;
constexpr float kRateGain = 1.0F / 256;
constexpr std::uint32_t kLongestCounted = 16;  // what is not chance must not teach what chance does

}  // namespace

bool RunLengthTest::Update(double value, double expected, double noise) {
  if (length_ == 0) line_ = expected + kLineDeviations * noise;
  const bool begins = length_ == 0 && value > line_;
  start_rate_ += kRateGain * ((begins ? 1.0F : 0.0F) - start_rate_);
  if (begins) {
    height_ = 0;
    told_ = false;
  }
  if (!(value > line_)) {
    if (length_ == 0) return false;
    ++runs_;
    const float gain = std::max(kLengthGain, 1 / static_cast<float>(runs_ + 4));
    mean_length_ += gain * (static_cast<float>(std::min(length_, kLongestCounted)) - mean_length_);
    length_ = 0;
    return false;
  }
  ++length_;
  if (noise > 0) height_ += static_cast<float>(std::min(kClip, (value - line_) / noise));
  if (told_ || length_ < kShortest || runs_ < kMinRuns) return false;
  const auto steps = static_cast<float>(length_ - 1);
  if (height_ < kMeanHeight * (steps + 1)) return false;
  // Lengths that chance makes are geometric.
  const float log_chance = std::log(start_rate_) + steps * std::log1p(-1 / mean_length_);
  told_ = log_chance <= std::log(kMaxChance);
  return told_;
}

void RunLengthTest::Save(StateWriter& out) const {
  out.U64(length_);
  out.U64(runs_);
  out.Bool(told_);
  out.F64(line_);
  for (const float value : {height_, mean_length_, start_rate_}) out.F64(static_cast<double>(value));
}

bool RunLengthTest::Load(StateReader& in) {
  length_ = static_cast<std::uint32_t>(in.U64());
  runs_ = static_cast<std::uint32_t>(in.U64());
  told_ = in.Bool();
  line_ = in.F64();
  for (float* value : {&height_, &mean_length_, &start_rate_}) *value = static_cast<float>(in.F64());
  if (!in.ok()) *this = RunLengthTest();
  return in.ok();
}

}  // namespace lossd::core
