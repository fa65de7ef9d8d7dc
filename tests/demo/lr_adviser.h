// How the training loop follows advice on its learning rate: when it asks, and what it makes of the answer.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace lossd::demo {

/// What lossd answers to `GET /api/v1/jobs/{job}/advice`, as far as the loop needs it.
struct LrAdvice {
  double ratio = 1;
  std::string reason = "keep";
  std::optional<std::int64_t> step = {};                    ///< the newest that it rests on
  std::optional<std::int64_t> checkpoint_before_step = {};  ///< where the weights should come from
};

/// What the loop does about it.
struct LrChange {
  double factor = 1;                             ///< for the learning rate
  std::optional<std::int64_t> resume_from = {};  ///< go back to a checkpoint of this step or an earlier one

  bool none() const { return factor == 1 && !resume_from; }
};

/// Counts the steps that were run, which never go back as step numbers do. Asks every `every` steps. After a change
/// follows a cool-down; advice that stands for a long time (spikes, a plateau) is taken once each time it comes up.
class LrAdviser {
 public:
  LrAdviser(std::int64_t every, std::int64_t cool_down) : every_(every), cool_down_(cool_down) {}

  /// One more step was run. True where advice should be asked for now.
  bool Due();
  /// Advice never raises a rate here, whatever the answer says.
  LrChange Consider(const LrAdvice& advice);

 private:
  std::int64_t every_, cool_down_;
  std::int64_t run_ = 0;
  std::optional<std::int64_t> changed_;  ///< when, in steps run
  std::string taken_;                    ///< the reason of the last change while it still stands
};

}  // namespace lossd::demo
