#include "core/regime/overfitting.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "core/state_codec.h"

namespace lossd::core {
namespace {

constexpr std::uint64_t kLeast = 6;  // evaluations since the best one: one a block
constexpr std::size_t kBlocks = 6;
constexpr int kRisingPairs = 13;          // of 15: Kendall's tau of 0.73, by chance 1 in 360
constexpr double kShare = 0.03;           // of the loss: less than that nobody stops for
constexpr double kDeviations = 3;         // of the noise of an evaluation
constexpr double kMonotonicShare = 0.05;  // of the loss, for a rise without a step back
constexpr double kMonotonicFactor = 2;    // times the longest such rise before
constexpr double kHold = 0.5;             // of the rise that must be left
constexpr double kTrainingSlack = 0.02;   // of its value: a training loss that has only stopped falling still counts

double Share(double share, double loss) { return share * std::abs(loss); }

}  // namespace

void Overfitting::Update(const RecentValues& recent, double noise, const std::optional<double>& training) {
  const double value = recent.Value(0);
  // What is not the rise at hand is a measure of it.
  if (count_ > 0 && value > last_) {
    ++run_;
  } else {
    longest_run_ = std::max(longest_run_, run_);
    run_ = 0;
  }
  last_ = value;
  ++count_;
  std::array<double, 3> three{};
  const std::size_t known = std::min<std::size_t>(3, recent.size());
  for (std::size_t i = 0; i < known; ++i) three[i] = recent.Value(i);
  std::sort(three.begin(), three.begin() + static_cast<std::ptrdiff_t>(known));
  const double median = known < 3 ? three[0] : three[1];
  if (count_ == 1 || median < best_) {
    if (count_ > 1 && best_ != 0) largest_swing_ = std::max(largest_swing_, swing_ / std::abs(best_));
    if (swing_noise_ > 0) largest_swing_deviations_ = std::max(largest_swing_deviations_, swing_ / swing_noise_);
    swing_ = risen_ = swing_noise_ = 0;
    best_ = median;
    since_best_ = 0;
    training_known_ = training.has_value();
    training_at_best_ = training.value_or(0);
    active_ = false;
    return;
  }
  ++since_best_;
  risen_ = median - best_;
  if (risen_ > swing_) {
    swing_ = risen_;
    swing_noise_ = noise;
  }
  if (active_) {
    active_ = risen_ >= kHold * std::min(swing_, std::max(Share(kShare, best_), kDeviations * noise));
    return;
  }
  const bool training_rose =
      training && training_known_ && *training > training_at_best_ + Share(kTrainingSlack, training_at_best_);
  active_ = !training_rose && Rises(recent, noise);
}

bool Overfitting::Rises(const RecentValues& recent, double noise) const {
  if (run_ >= 4 && static_cast<double>(run_) >= kMonotonicFactor * static_cast<double>(longest_run_) &&
      since_best_ >= kLeast && risen_ >= std::max(Share(kMonotonicShare, best_), kDeviations * noise))
    return true;
  const std::size_t since = std::min<std::size_t>({since_best_, recent.size(), RecentValues::kCapacity});
  // How far it swung at a high rate is no measure of what it does at a low one, where its noise is less.
  const double swings = std::min(Share(largest_swing_, best_), largest_swing_deviations_ * noise);
  if (since < kLeast || risen_ < std::max({Share(kShare, best_), kDeviations * noise, swings})) return false;
  std::array<float, kBlocks> means;
  for (std::size_t block = 0; block < kBlocks; ++block) {
    const std::size_t newest = block * since / kBlocks, oldest = (block + 1) * since / kBlocks;
    float sum = 0;
    for (std::size_t age = newest; age < oldest; ++age) sum += recent.Offset(age);
    means[block] = sum / static_cast<float>(oldest - newest);
  }
  int rising = 0;
  for (std::size_t i = 0; i < kBlocks; ++i) {
    for (std::size_t k = i + 1; k < kBlocks; ++k) rising += means[i] > means[k] ? 1 : 0;
  }
  return rising >= kRisingPairs;
}

void Overfitting::Clear() { *this = Overfitting(); }

void Overfitting::Save(StateWriter& out) const {
  for (const bool flag : {active_, training_known_}) out.Bool(flag);
  for (const std::uint64_t count : {count_, since_best_, std::uint64_t{run_}, std::uint64_t{longest_run_}})
    out.U64(count);
  for (const double value :
       {best_, risen_, largest_swing_, largest_swing_deviations_, swing_, swing_noise_, last_, training_at_best_})
    out.F64(value);
}

bool Overfitting::Load(StateReader& in) {
  for (bool* flag : {&active_, &training_known_}) *flag = in.Bool();
  for (std::uint64_t* count : {&count_, &since_best_}) *count = in.U64();
  for (std::uint32_t* count : {&run_, &longest_run_}) *count = static_cast<std::uint32_t>(in.U64());
  for (double* value : {&best_, &risen_, &largest_swing_, &largest_swing_deviations_, &swing_, &swing_noise_, &last_,
                        &training_at_best_})
    *value = in.F64();
  if (!in.ok()) Clear();
  return in.ok();
}

}  // namespace lossd::core
