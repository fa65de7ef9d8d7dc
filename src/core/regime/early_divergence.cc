#include "core/regime/early_divergence.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "core/regime/block_trend.h"
#include "core/regime/rise_remainder.h"
#include "core/state_codec.h"

namespace lossd::core {
namespace {

constexpr std::uint64_t kLeastAt = 8;  // values before the lowest level: an untrained loss may go anywhere
constexpr std::uint64_t kSince = 8;    // values since it
constexpr double kDeviations = 6;
constexpr std::uint64_t kSinceNoise = 24;  // values since it, whose own noise counts,
constexpr std::uint64_t kLongSince = 72;   // until nearly all that the noise is known from are
constexpr std::size_t kApart = 4;          // values, across which neighbours that are alike show what they scatter by
constexpr double kBendToDeviation =
    1.4826 / 2.4495;                // of single values, from the median size of second differences between them
constexpr double kRampShare = 0.3;  // of the lowest level
constexpr double kRampZ = 2.6;
constexpr double kPlainRampZ = 4;  // then the lesser share is enough, in a run of so many values:
constexpr std::uint64_t kYoung = 128;
constexpr std::size_t kRampLast = 8;
constexpr RiseRemainder kRampStays = {.share = 0.3, .orders = 0.3};  // of the rise that the last values are all above
constexpr std::size_t kStepValues = 20;
constexpr std::size_t kStepLast = 16;
constexpr std::size_t kStepExceptions = 2;
constexpr double kGrossShare = 2;        // of the lowest level,
constexpr double kGrossDeviations = 40;  // and so many of the noise: then fewer are enough
constexpr std::size_t kGrossValues = 12;
constexpr std::size_t kGrossLast = 10;
constexpr double kResumeDeviations = 3;  // so many values as high are no chance
constexpr double kStepStays = 0.6;
constexpr double kSwings = 2.5;        // times the largest swing
constexpr double kAlikeSwings = 0.5;   // more of them where neighbours are alike, so that few were seen
constexpr double kPenalty = 0.5;       // more of them for each divergence that came to nothing
constexpr double kRepeat = 2;          // times the largest of those, or, for the second,
constexpr double kPlain = 40;          // noise deviations above where it stood, not only above a dip:
constexpr double kPlainRepeat = 0.75;  // so many times
constexpr std::uint8_t kMostPenalties = 4;
constexpr std::size_t kHighLast = 20;       // all of them above what all but 2 of those before were
constexpr std::size_t kHighLastAlike = 40;  // where neighbours are alike
constexpr std::size_t kHighBefore = 48;
constexpr std::size_t kHighExceptions = 2;
constexpr double kHighDeviations = 5;
constexpr std::uint32_t kBackFor = 32;
constexpr std::uint32_t kBackOfAge = 8;     // or this part of the time that it was up, if that is more,
constexpr std::uint32_t kBackForMost = 64;  // up to so many values: a dip is no return
constexpr RiseRemainder kFallen = {.share = 0.1, .orders = 0.5};  // where it plainly falls from its peak
constexpr std::uint64_t kFallSince = 12;
constexpr double kFallZ = 3;

/// The trend through the last `values`, or as many as are held.
BlockTrend TrendOfLast(const RecentValues& recent, std::uint64_t values) {
  const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(values, recent.size()));
  std::array<float, BlockTrend::kMost> means{};
  const std::size_t blocks = std::min(count, means.size());
  for (std::size_t block = 0; block < blocks; ++block) {
    const std::size_t newest = block * count / blocks, oldest = (block + 1) * count / blocks;
    float sum = 0;
    for (std::size_t age = newest; age < oldest; ++age) sum += recent.Offset(age);
    means[blocks - 1 - block] = sum / static_cast<float>(oldest - newest);
  }
  return FitBlocks({means.data(), blocks}, 0, false);
}

/// How it scattered before it came to its lowest level, so many values ago, is no measure of what it does since.
double NoiseSince(const RecentValues& recent, std::uint64_t since, double noise) {
  if (since < kSinceNoise || since >= kLongSince || since > recent.size()) return noise;
  const auto count = static_cast<std::size_t>(since);
  std::array<float, kLongSince> bends{};  // second differences
  const std::size_t many = count - 2 * kApart;
  for (std::size_t age = 0; age < many; ++age) {
    bends[age] = std::abs(recent.Offset(age) - 2 * recent.Offset(age + kApart) + recent.Offset(age + 2 * kApart));
  }
  const auto middle = bends.begin() + static_cast<std::ptrdiff_t>(many / 2);
  std::nth_element(bends.begin(), middle, bends.begin() + static_cast<std::ptrdiff_t>(many));
  const double scatter = kBendToDeviation * static_cast<double>(*middle);
  return std::min(noise, std::max(recent.DifferenceNoise(count), scatter));
}

/// Above the mean of what came before the last values.
bool StandsPlainlyUp(const RecentValues& recent, double level, double noise) {
  if (recent.size() <= kHighLast) return false;
  double sum = 0;
  for (std::size_t age = kHighLast; age < recent.size(); ++age) sum += recent.Value(age);
  return level - sum / static_cast<double>(recent.size() - kHighLast) >= kPlain * noise;
}

}  // namespace

bool EarlyDivergence::Begins(const RecentValues& recent, const SwingMeter& swings, double noise, std::uint64_t count,
                             double level, bool alike) {
  if (resumed_ && recent.size() >= kStepValues) {
    const double line = before_ + std::max(kRampShare * std::abs(before_), kResumeDeviations * before_noise_);
    if (level > line && LastAbove(recent, kStepLast, line, kStepExceptions)) {
      baseline_ = before_;
      return true;
    }
  }
  const double rise = level - least_, size = std::abs(least_);
  if (rise < kStepShare * size) return false;
  noise = NoiseSince(recent, since_least_, noise);
  if (rise < kDeviations * noise) return false;
  const bool settled = count - since_least_ > kLeastAt && since_least_ >= kSince;
  if (settled) {
    // Two that came to nothing are a habit.
    const bool again = ended_by_itself_ == 1 && StandsPlainlyUp(recent, level, noise);
    const double wanted =
        std::max((kSwings + (alike ? kAlikeSwings : 0) + kPenalty * ended_by_itself_) * swings.Largest(least_),
                 (again ? kPlainRepeat : kRepeat) * largest_ended_);
    baseline_ = least_;
    if (rise >= wanted) {
      const double z = rise >= kStepShare * size ? TrendOfLast(recent, since_least_).rank_z : 0;
      const bool young = count <= kYoung && z >= kPlainRampZ;
      const bool plain = young || (z >= kRampZ && rise >= kRampShare * size);
      if (plain && LastAbove(recent, kRampLast, kRampStays.Level(least_, level, noise), 0)) return true;
      const double step = least_ + kStepStays * rise;
      if (since_least_ >= kStepValues && LastAbove(recent, kStepLast, step, 0)) return true;
      const bool gross = rise >= kGrossShare * size && rise >= kGrossDeviations * noise;
      if (gross && since_least_ >= kGrossValues && LastAbove(recent, kGrossLast, step, 0)) return true;
    }
  }
  double from = 0;
  if (ended_by_itself_ == 0 && AboveAllBefore(recent, alike ? kHighLastAlike : kHighLast, noise, from)) {
    baseline_ = from;
    return true;
  }
  return false;
}

bool EarlyDivergence::LastAbove(const RecentValues& recent, std::size_t count, double line, std::size_t exceptions) {
  if (recent.size() < count) return false;
  std::size_t below = 0;
  for (std::size_t age = 0; age < count && below <= exceptions; ++age) below += recent.Value(age) > line ? 0U : 1U;
  return below <= exceptions;
}

bool EarlyDivergence::AboveAllBefore(const RecentValues& recent, std::size_t last, double noise, double& from) {
  if (recent.size() < last + kHighBefore) return false;
  float least = recent.Offset(0);
  for (std::size_t age = 1; age < last; ++age) least = std::min(least, recent.Offset(age));
  std::size_t higher = 0;
  double sum = 0;
  for (std::size_t age = last; age < recent.size(); ++age) {
    higher += recent.Offset(age) >= least ? 1U : 0U;
    sum += recent.Value(age);
  }
  if (higher > kHighExceptions) return false;
  from = sum / static_cast<double>(recent.size() - last);
  const double lowest = recent.origin() + static_cast<double>(least);
  return lowest - from >= std::max(kRampShare * std::abs(from), kHighDeviations * noise);
}

void EarlyDivergence::Enter(double baseline, double level, double noise) {
  noise_ = noise;
  active_ = true;
  age_ = 0;
  since_peak_ = back_for_ = 0;
  baseline_ = baseline;
  peak_ = level;
}

void EarlyDivergence::Follow(const RecentValues& recent, double noise, double level, bool waves) {
  if (age_ < std::numeric_limits<std::uint32_t>::max()) ++age_;
  if (since_peak_ < std::numeric_limits<std::uint32_t>::max()) ++since_peak_;
  if (level > peak_) {
    peak_ = level;
    since_peak_ = 0;
  }
  back_for_ = level < kUndone.Level(baseline_, peak_, noise_) ? back_for_ + 1 : 0;
  const std::uint32_t lasts = waves ? 0 : std::min(age_ / kBackOfAge, kBackForMost);
  bool ended = back_for_ >= std::max(kBackFor, lasts);
  if (!ended && back_for_ >= lasts && since_peak_ >= kFallSince &&
      level < std::min(kFallen.Level(baseline_, peak_, noise_), peak_ - 3 * noise)) {
    ended = TrendOfLast(recent, since_peak_).rank_z <= -kFallZ;
  }
  if (!ended) return;
  active_ = false;
  largest_ended_ = std::max(largest_ended_, peak_ - baseline_);
  if (ended_by_itself_ < kMostPenalties) ++ended_by_itself_;
  least_ = level;
  since_least_ = 0;
}

void EarlyDivergence::Resume(double level, double noise) {
  resumed_ = true;
  before_ = level;
  before_noise_ = noise;
}

void EarlyDivergence::Clear() {
  const bool resumed = resumed_;
  const double before = before_, noise = before_noise_;
  *this = EarlyDivergence();
  resumed_ = resumed;
  before_ = before;
  before_noise_ = noise;
}

void EarlyDivergence::Save(StateWriter& out) const {
  for (const bool flag : {active_, resumed_}) out.Bool(flag);
  for (const std::uint64_t value : {std::uint64_t{ended_by_itself_}, std::uint64_t{back_for_}, std::uint64_t{age_},
                                    since_least_, std::uint64_t{since_peak_}})
    out.U64(value);
  for (const double value : {least_, baseline_, peak_, noise_, largest_ended_, before_, before_noise_}) out.F64(value);
}

bool EarlyDivergence::Load(StateReader& in) {
  for (bool* flag : {&active_, &resumed_}) *flag = in.Bool();
  ended_by_itself_ = static_cast<std::uint8_t>(std::min<std::uint64_t>(in.U64(), kMostPenalties));
  back_for_ = static_cast<std::uint32_t>(in.U64());
  age_ = static_cast<std::uint32_t>(in.U64());
  since_least_ = in.U64();
  since_peak_ = static_cast<std::uint32_t>(in.U64());
  for (double* value : {&least_, &baseline_, &peak_, &noise_, &largest_ended_, &before_, &before_noise_})
    *value = in.F64();
  if (!in.ok()) *this = EarlyDivergence();
  return in.ok();
}

}  // namespace lossd::core
