// Lines as the well-known training frameworks write them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "demo/training.h"

namespace lossd::demo {

enum class LogStyle : std::uint8_t { kNanogpt, kHuggingFace, kJson, kCsv, kMegatron, kKeras, kTorchtitan };

/// "nanogpt", "hf", "json", "csv", "megatron", "keras", "torchtitan"; nothing for any other name.
std::optional<LogStyle> ParseLogStyle(std::string_view name);

/// One run's log. Text is returned with its line ends; "" where the style has nothing to say at that moment.
class LogWriter {
 public:
  LogWriter(LogStyle style, const TrainingOptions& options, std::int64_t steps_per_epoch);

  std::string Begin() const;
  /// `milliseconds` is what the step took. Keras prints one line an epoch, with the mean loss of the epoch so far.
  std::string Step(const StepReport& report, double milliseconds);
  std::string Eval(const StepReport& report, double eval_loss);

 private:
  LogStyle style_;
  TrainingOptions options_;
  std::int64_t steps_per_epoch_;
  double last_loss_ = 0;
  double epoch_sum_ = 0;
  std::int64_t epoch_steps_ = 0;
};

}  // namespace lossd::demo
