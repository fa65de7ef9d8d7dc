// A training run: stochastic gradient descent with momentum, minibatches, warm-up and cosine decay, and faults on
// request.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <vector>

#include "demo/fault.h"
#include "demo/mlp.h"

namespace lossd::demo {

struct TrainingOptions {
  std::int64_t steps = 2000;  ///< the schedule's length; training may go on past it at the lowest rate
  std::uint64_t seed = 1;
  double learning_rate = 0.05;
  double momentum = 0.9;
  std::size_t batch = 32;
  std::size_t hidden = 32;
  std::size_t points_per_arm = 400;
  std::vector<Fault> faults = {};
};

/// What one step measured, before its update.
struct StepReport {
  std::int64_t step = 0;
  double epoch = 0;
  double loss = 0;  ///< of the minibatch
  double learning_rate = 0;
  double gradient_norm = 0;
  double hang_seconds = 0;  ///< a hang is due now: the caller waits
};

/// Deterministic: equal options give equal reports. Not thread-safe.
class Training {
 public:
  explicit Training(const TrainingOptions& options);

  /// Runs one step.
  StepReport Step();

  /// Mean loss over data that training never sees.
  double EvalLoss() const { return model_.Loss(eval_); }

  /// Multiplies the learning rate of the schedule from now on, as an adviser asked.
  void ScaleLearningRate(double factor) { advised_ *= factor; }

  /// Goes on from the newest checkpoint at or before `step`; false where there is none left.
  bool ResumeFrom(std::int64_t step);

  std::int64_t steps_per_epoch() const;

 private:
  struct Checkpoint {
    Mlp model;
    std::vector<double> velocity;
  };
  static constexpr std::int64_t kCheckpointEvery = 10;

  const Fault* Active(Fault::Kind kind) const;
  const Fault* Due(Fault::Kind kind) const;
  double ScheduledRate() const;
  Batch NextBatch();
  void Shuffle();

  TrainingOptions options_;
  std::mt19937_64 random_;
  Batch data_, eval_;
  Mlp model_;
  std::vector<double> velocity_;
  std::vector<std::size_t> order_;
  std::size_t next_ = 0;
  std::int64_t step_ = 0;
  double advised_ = 1;
  bool rewound_ = false;
  std::map<std::int64_t, Checkpoint> checkpoints_;  ///< by the step they were taken before
};

}  // namespace lossd::demo
