#include "core/regime/visible_trend.h"

#include <algorithm>
#include <cmath>

#include "core/state_codec.h"

namespace lossd::core {
namespace {

constexpr std::uint64_t kWholeUntil = 64;  // values: later the beginning says nothing of the present
constexpr std::uint64_t kLooksPerRun = 96;
constexpr std::size_t kTrimmed = 4;  // values in a block from which its highest and lowest are left out

constexpr double kFallingZ = 3;
constexpr double kFallingT = 3;
constexpr double kLeastFall = 0.003;  // of the loss
constexpr double kSwings = 2;         // times the largest swing: then no test is needed
constexpr double kLeaningZ = 0.6;     // keeps the verdict
constexpr double kFallsNowZ = 2.5;
constexpr std::uint64_t kQuarterFrom = 48;
constexpr double kAgainstZ = 2;  // the half goes up, by more than the nearer past came down
constexpr double kLeastLean = 0.001;
constexpr double kTurnedZ = 2.8;
constexpr double kTurnedRise = 0.01;  // of the loss
constexpr double kTurnedDeviations = 3;
constexpr double kSlowingT = 2.5;
constexpr double kSlowingRatio = 0.5;

constexpr double kStoppedErrors = 2;

constexpr std::uint64_t kFlatFrom = 96;
constexpr std::uint64_t kQuarterAlone = 256;  // values in a quarter that may tell it where the half still holds a fall
constexpr std::uint64_t kFellUntil = 128;     // values: a young run must not have fallen over three quarters of it
constexpr double kFellT = 2;
constexpr double kFellZ = 2.5;
constexpr double kQuarterFallsZ = 1;
constexpr double kHalfFallsZ = 2.5;
constexpr double kFlatDeviations = 0.45;  // of the noise, over 256 values; the margin shrinks with their root
constexpr double kFlatHorizon = 256;
constexpr double kFlatUp = 2;  // times the margin, upwards: a rise is for other tests to tell
constexpr double kOneSided95 = 1.645;
constexpr double kFlatShare = 0.02;  // of the loss: a movement that is certain to be less is none
constexpr double kFlatRise = 0.01;   // of the loss, or
constexpr double kFlatErrors = 1;    // of the standard error, what it seems to have fallen
constexpr double kFlatZ = 2;
constexpr double kVague = 0.1;        // of the loss: what is known no better
constexpr double kVagueValues = 100;  // needs so many values
constexpr double kWanders = 0.5;      // of the loss: what may have moved by so much is not flat, unless
constexpr double kAboveNoise = 4;     // the loss is less than so many deviations from zero, and the share says little
constexpr double kMovesZ = 3;         // ends it
constexpr std::uint64_t kFlatHeld = 14;  // of the run, the part that it must have been flat for
constexpr double kDigitNoise = 0.3;      // of a printed digit: what rounding to it looks like

}  // namespace

// At multiples of a 96th of the count.
std::uint64_t VisibleTrend::NextLook(std::uint64_t count) {
  const std::uint64_t from = std::max(count + 1, kFirst), stride = std::max<std::uint64_t>(1, from / kLooksPerRun);
  return (from + stride - 1) / stride * stride;
}

void VisibleTrend::Update(const RecentValues& recent, const RunSummary& summary, const SwingMeter& swings,
                          const Scale& scale, std::uint64_t count) {
  if (!Looks(count)) return;
  const std::uint64_t passed = count - looked_at_;
  looked_at_ = count;
  next_look_ = NextLook(count);
  half_values_ = std::max(count / 2, std::min(count, kFirst));
  const std::array<std::uint64_t, kLookBacks> values = {
      count <= kWholeUntil ? count : 0, count >= kFlatFrom ? count * 3 / 4 : 0, half_values_, count / 4, count / 8};
  Offsets newest;
  recent.Newest(recent.size(), newest.data());
  Trends trends;
  for (std::size_t i = 0; i < kLookBacks; ++i) {
    trends[i] = values[i] >= kFirst ? Look(newest, recent, summary, values[i], scale, i <= kHalf) : BlockTrend();
  }
  bool falls = false, leans = false;
  turned_ = falls_now_ = false;
  for (const LookBack i : {kWhole, kHalf, kQuarter, kEighth}) {
    const BlockTrend& trend = trends[i];
    if (!trend.known) continue;
    const bool against = trends[kHalf].rank_z >= kAgainstZ && -trend.rise < trends[kHalf].rise;
    falls |= !against && Falls(trend, swings, scale);
    leans |= trend.rank_z <= -kLeaningZ && -trend.rise >= std::max(kLeastLean * std::abs(trend.mean), scale.digit / 2);
    if (i >= kQuarter || count < kQuarterFrom) falls_now_ |= trend.rank_z <= -kFallsNowZ && trend.rise < 0;
    const double least = std::max({kTurnedRise * std::abs(trend.mean), kTurnedDeviations * scale.noise, scale.digit});
    if (i >= kQuarter) turned_ |= trend.rank_z >= kTurnedZ && trend.rise >= least;
  }
  const bool stopped = HasStopped(trends);
  falls_ = falls && !turned_ && !stopped;
  falling_ = falls_ || (falling_ && leans && !turned_ && !stopped);
  JudgeFlat(trends, scale, count, passed);
  // What is shown to be flat ends a fall that was only held.
  falling_ = falling_ && !flat_;
  const BlockTrend& longest = trends[kWhole].known  ? trends[kWhole]
                              : trends[kMost].known ? trends[kMost]
                                                    : trends[kHalf];
  slowing_ = falling_ && longest.known && longest.first_slope < 0 && longest.bend_t >= kSlowingT &&
             longest.second_slope >= kSlowingRatio * longest.first_slope;
  half_ = trends[kHalf];
}

// The half would have the quarter fall by half of what itself fell; where it has proven to fall by less than half of
// that, what the half shows is over.
bool VisibleTrend::HasStopped(const Trends& trends) {
  const BlockTrend &half = trends[kHalf], &quarter = trends[kQuarter], &eighth = trends[kEighth];
  if (!half.known || !quarter.known || !eighth.known || half.rise >= 0) return false;
  if (quarter.rank_z <= -kLeaningZ || eighth.rank_z <= -kLeaningZ) return false;
  return quarter.rise - half.rise / 4 >= kStoppedErrors * quarter.error;
}

BlockTrend VisibleTrend::Look(const Offsets& newest_values, const RecentValues& recent, const RunSummary& summary,
                              std::uint64_t values, const Scale& scale, bool halves) {
  std::array<float, BlockTrend::kMost> means{};
  double per_block = 1;
  std::size_t blocks = BlockTrend::kMost;
  if (values <= recent.size()) {
    const auto count = static_cast<std::size_t>(values);
    blocks = std::min(blocks, count);
    per_block = static_cast<double>(count) / static_cast<double>(blocks);
    for (std::size_t block = 0; block < blocks; ++block) {
      const std::size_t newest = block * count / blocks, oldest = (block + 1) * count / blocks;
      float sum = 0, least = newest_values[newest], most = least;
      for (std::size_t age = newest; age < oldest; ++age) {
        const float value = newest_values[age];
        sum += value;
        least = std::min(least, value);
        most = std::max(most, value);
      }
      const std::size_t size = oldest - newest;
      means[blocks - 1 - block] =
          size < kTrimmed ? sum / static_cast<float>(size) : (sum - least - most) / static_cast<float>(size - 2);
    }
  } else {
    const std::size_t count = std::min<std::size_t>(values / summary.block_size(), summary.blocks());
    blocks = std::min(blocks, count);
    if (blocks < BlockTrend::kLeast) return {};
    per_block = static_cast<double>(values) / static_cast<double>(blocks);
    for (std::size_t block = 0; block < blocks; ++block) {
      const std::size_t newest = block * count / blocks, oldest = (block + 1) * count / blocks;
      float sum = 0;
      for (std::size_t age = newest; age < oldest; ++age) sum += summary.Offset(age);
      means[blocks - 1 - block] = sum / static_cast<float>(oldest - newest);
    }
  }
  BlockTrend trend = FitBlocks({means.data(), blocks}, kDigitNoise * scale.digit / std::sqrt(per_block), halves);
  trend.mean += values <= recent.size() ? recent.origin() : summary.origin();
  return trend;
}

bool VisibleTrend::Falls(const BlockTrend& trend, const SwingMeter& swings, const Scale& scale) {
  const double fall = -trend.rise;
  if (trend.rank_z > -kFallingZ || fall < std::max(kLeastFall * std::abs(trend.mean), scale.digit)) return false;
  return trend.t <= -kFallingT || fall >= kSwings * swings.Largest(trend.mean);
}

// Equivalence (two one-sided tests): small beside the noise, by a margin that shrinks with the root of the horizon
// since a healthy loss gains as much in each doubling of its age, or small beside the loss.
bool VisibleTrend::IsFlat(const BlockTrend& trend, double values, const Scale& scale) const {
  const double deviation = std::max(scale.noise, trend.error * std::sqrt(values / 12));
  const double margin = kFlatDeviations * deviation * std::sqrt(kFlatHorizon / values);
  const double most = std::abs(trend.rise) + kOneSided95 * trend.error, size = std::abs(trend.mean);
  if (most <= kFlatShare * size) return true;
  if (trend.error > kVague * size && values < kVagueValues) return false;
  if (most > kWanders * size && size > kAboveNoise * scale.noise) return false;
  if (trend.rise > 0) return most <= kFlatUp * margin;
  return most <= margin && -trend.rise <= std::max(kFlatRise * size, kFlatErrors * trend.error);
}

void VisibleTrend::JudgeFlat(const Trends& trends, const Scale& scale, std::uint64_t count, std::uint64_t passed) {
  const BlockTrend& half = trends[kHalf];
  if (flat_) {
    // It was proven: it stays until the opposite is.
    const bool moves = std::abs(half.rank_z) >= kMovesZ && std::abs(half.rise) >= kFlatRise * std::abs(half.mean);
    flat_ = !falls_ && !turned_ && half.known && !moves;
    return;
  }
  const BlockTrend &quarter = trends[kQuarter], &eighth = trends[kEighth];
  const auto moves = [](const BlockTrend& trend) { return trend.known && std::abs(trend.rank_z) >= kFlatZ; };
  const std::uint64_t last = count / 4;
  const BlockTrend& most = trends[kMost];
  const bool fell = count < kFellUntil && most.known && (most.t <= -kFellT || most.rank_z <= -kFellZ);
  const bool by_half = !fell && IsFlat(half, static_cast<double>(half_values_), scale);
  const bool by_quarter =
      last >= kQuarterAlone && quarter.rank_z > -kQuarterFallsZ && IsFlat(quarter, static_cast<double>(last), scale);
  const bool flat = count >= kFlatFrom && half.known && !falls_ && !turned_ && half.rank_z > -kHalfFallsZ &&
                    !moves(quarter) && !moves(eighth) && (by_half || by_quarter);
  flat_for_ = flat ? flat_for_ + passed : 0;
  flat_ = flat && flat_for_ >= count / kFlatHeld;
}

void VisibleTrend::Save(StateWriter& out) const {
  for (const bool flag : {falling_, falls_, slowing_, flat_, turned_, falls_now_}) out.Bool(flag);
  for (const std::uint64_t value : {looked_at_, flat_for_, half_values_}) out.U64(value);
  const BlockTrend& half = half_;
  out.Bool(half.known);
  for (const double value :
       {half.mean, half.rise, half.error, half.rank_z, half.t, half.first_slope, half.second_slope, half.bend_t})
    out.F64(value);
}

bool VisibleTrend::Load(StateReader& in) {
  *this = VisibleTrend();
  for (bool* flag : {&falling_, &falls_, &slowing_, &flat_, &turned_, &falls_now_}) *flag = in.Bool();
  for (std::uint64_t* value : {&looked_at_, &flat_for_, &half_values_}) *value = in.U64();
  BlockTrend& half = half_;
  half.known = in.Bool();
  for (double* value : {&half.mean, &half.rise, &half.error, &half.rank_z, &half.t, &half.first_slope,
                        &half.second_slope, &half.bend_t})
    *value = in.F64();
  next_look_ = NextLook(looked_at_);
  if (!in.ok()) Clear();
  return in.ok();
}

}  // namespace lossd::core
