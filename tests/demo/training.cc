#include "demo/training.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>

#include "demo/spirals.h"

namespace lossd::demo {
namespace {

constexpr std::int64_t kWarmupSteps = 20;
constexpr double kLowestRateShare = 0.1;
constexpr std::size_t kCheckpointsKept = 256;
constexpr double kOverflowRate = 1e308;

}  // namespace

Training::Training(const TrainingOptions& options)
    : options_(options),
      random_(options.seed),
      data_(MakeSpirals(options.points_per_arm, random_)),
      eval_(MakeSpirals(options.points_per_arm / 4 + 1, random_)),
      model_({2, options.hidden, options.hidden, kSpiralArms}, random_),
      velocity_(model_.parameters().size(), 0.0),
      order_(data_.size()) {
  std::iota(order_.begin(), order_.end(), std::size_t{0});
  Shuffle();
}

std::int64_t Training::steps_per_epoch() const {
  return static_cast<std::int64_t>((data_.size() + options_.batch - 1) / options_.batch);
}

const Fault* Training::Active(Fault::Kind kind) const {
  for (const Fault& fault : options_.faults) {
    if (fault.kind == kind && step_ >= fault.step) return &fault;
  }
  return nullptr;
}

const Fault* Training::Due(Fault::Kind kind) const {
  for (const Fault& fault : options_.faults) {
    if (fault.kind == kind && step_ == fault.step) return &fault;
  }
  return nullptr;
}

double Training::ScheduledRate() const {
  if (Active(Fault::Kind::kFreeze)) return 0;
  if (Due(Fault::Kind::kOverflow)) return kOverflowRate;
  double rate = options_.learning_rate * advised_;
  if (const Fault* jump = Active(Fault::Kind::kLrJump)) rate *= jump->amount;
  if (step_ < kWarmupSteps) return rate * static_cast<double>(step_ + 1) / static_cast<double>(kWarmupSteps);
  const double done = std::min(1.0, static_cast<double>(step_) / static_cast<double>(options_.steps));
  return rate * (kLowestRateShare + (1 - kLowestRateShare) * 0.5 * (1 + std::cos(std::numbers::pi * done)));
}

void Training::Shuffle() {
  std::shuffle(order_.begin(), order_.end(), random_);
  next_ = 0;
}

Batch Training::NextBatch() {
  const Fault* unshuffled = Active(Fault::Kind::kOscillate);
  const Fault* corrupt = Active(Fault::Kind::kCorrupt);
  if (corrupt && corrupt->amount > 0 && step_ >= corrupt->step + static_cast<std::int64_t>(corrupt->amount))
    corrupt = nullptr;
  std::uniform_int_distribution<std::size_t> any_class(0, kSpiralArms - 1);
  std::uniform_int_distribution<std::size_t> any_point(0, options_.points_per_arm - 1);

  Batch batch;
  batch.width = data_.width;
  for (std::size_t i = 0; i < options_.batch; ++i) {
    if (next_ == order_.size()) Shuffle();
    std::size_t point = order_[next_++];
    if (unshuffled) {
      const auto period = std::max<std::int64_t>(1, static_cast<std::int64_t>(unshuffled->amount));
      const auto arm = static_cast<std::size_t>((step_ - unshuffled->step) / period) % kSpiralArms;
      point = arm * options_.points_per_arm + any_point(random_);
    }
    for (std::size_t d = 0; d < data_.width; ++d) batch.inputs.push_back(data_.inputs[point * data_.width + d]);
    batch.classes.push_back(corrupt ? any_class(random_) : data_.classes[point]);
  }
  if (Due(Fault::Kind::kNan)) batch.inputs.front() = std::numeric_limits<double>::quiet_NaN();
  return batch;
}

bool Training::ResumeFrom(std::int64_t step) {
  const auto later = checkpoints_.upper_bound(step);
  if (later == checkpoints_.begin()) return false;
  const auto& [resumed, saved] = *std::prev(later);
  step_ = resumed;
  model_ = saved.model;
  velocity_ = saved.velocity;
  checkpoints_.erase(later, checkpoints_.end());  // of a future that is no more
  return true;
}

StepReport Training::Step() {
  if (const Fault* rewind = Due(Fault::Kind::kRewind); rewind && !rewound_) {
    rewound_ = true;
    ResumeFrom(step_ - static_cast<std::int64_t>(rewind->amount));
  }

  StepReport report;
  report.step = step_;
  report.epoch = static_cast<double>(step_) / static_cast<double>(steps_per_epoch());
  report.learning_rate = ScheduledRate();
  if (const Fault* hang = Due(Fault::Kind::kHang)) report.hang_seconds = hang->amount;
  if (step_ % kCheckpointEvery == 0) {
    checkpoints_.insert_or_assign(step_, Checkpoint{model_, velocity_});
    if (checkpoints_.size() > kCheckpointsKept) checkpoints_.erase(checkpoints_.begin());
  }

  report.loss = model_.LossAndGradient(NextBatch());
  double squares = 0;
  const std::span<double> parameters = model_.parameters();
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const double gradient = model_.gradient()[i];
    squares += gradient * gradient;
    velocity_[i] = options_.momentum * velocity_[i] + gradient;
    if (report.learning_rate != 0) parameters[i] -= report.learning_rate * velocity_[i];
  }
  report.gradient_norm = std::sqrt(squares);
  ++step_;
  return report;
}

}  // namespace lossd::demo
