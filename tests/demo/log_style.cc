#include "demo/log_style.h"

#include <array>
#include <cmath>
#include <cstdarg>
#include <cstdio>
#include <utility>

namespace lossd::demo {
namespace {

// Only ever called with literal formats; the attribute has the compiler check the arguments against them.
[[gnu::format(printf, 1, 2)]] std::string Format(const char* format, ...) {
  std::array<char, 512> text;
  va_list arguments;
  va_start(arguments, format);
  const int size = std::vsnprintf(text.data(), text.size(), format, arguments);
  va_end(arguments);
  return std::string(text.data(), static_cast<std::size_t>(size));
}

// As json.dumps of Python writes a float: not JSON where it is not finite.
std::string JsonNumber(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
  return Format("%.6g", value);
}

}  // namespace

std::optional<LogStyle> ParseLogStyle(std::string_view name) {
  static constexpr std::array<std::pair<std::string_view, LogStyle>, 7> kNames = {
      {{"nanogpt", LogStyle::kNanogpt},
       {"hf", LogStyle::kHuggingFace},
       {"json", LogStyle::kJson},
       {"csv", LogStyle::kCsv},
       {"megatron", LogStyle::kMegatron},
       {"keras", LogStyle::kKeras},
       {"torchtitan", LogStyle::kTorchtitan}}};
  for (const auto& [known, style] : kNames) {
    if (known == name) return style;
  }
  return std::nullopt;
}

LogWriter::LogWriter(LogStyle style, const TrainingOptions& options, std::int64_t steps_per_epoch)
    : style_(style), options_(options), steps_per_epoch_(steps_per_epoch) {}

std::string LogWriter::Begin() const {
  switch (style_) {
    case LogStyle::kCsv:
      return "step,epoch,train_loss,val_loss,lr,grad_norm\n";
    case LogStyle::kNanogpt:
      return Format("tokens per iteration will be: %zu\ncompiling the model... (takes a ~minute)\n", options_.batch);
    default:
      return "";
  }
}

std::string LogWriter::Step(const StepReport& report, double milliseconds) {
  const auto step = static_cast<long long>(report.step);
  last_loss_ = report.loss;
  switch (style_) {
    case LogStyle::kNanogpt:
      return Format("iter %lld: loss %.4f, time %.2fms, mfu -100.00%%\n", step, report.loss, milliseconds);
    case LogStyle::kHuggingFace:
      return Format("{'loss': %.4f, 'grad_norm': %.6g, 'learning_rate': %.6g, 'epoch': %.2f}\n", report.loss,
                    report.gradient_norm, report.learning_rate, report.epoch);
    case LogStyle::kJson:
      return Format("{\"step\": %lld, \"epoch\": %.4f, \"loss\": ", step, report.epoch) + JsonNumber(report.loss) +
             ", \"lr\": " + JsonNumber(report.learning_rate) + ", \"grad_norm\": " + JsonNumber(report.gradient_norm) +
             "}\n";
    case LogStyle::kCsv:
      return Format("%lld,%.4f,%.6g,,%.6g,%.6g\n", step, report.epoch, report.loss, report.learning_rate,
                    report.gradient_norm);
    case LogStyle::kMegatron:
      return Format(
          " iteration %8lld/%8lld | consumed samples: %12lld | elapsed time per iteration (ms): %.1f | learning rate: "
          "%.3E | "
          "global batch size: %5zu | lm loss: %.6E | loss scale: 1.0 | grad norm: %.3f | number of skipped iterations: "
          "  0 | "
          "number of nan iterations:   0 |\n",
          step, static_cast<long long>(options_.steps), step * static_cast<long long>(options_.batch), milliseconds,
          report.learning_rate, options_.batch, report.loss, report.gradient_norm);
    case LogStyle::kTorchtitan:
      return Format("[rank0]:INFO - step: %2lld  loss: %8.5f  grad_norm: %7.4f  memory:  0.01GiB(0.03%%)  tps: %.0f\n",
                    step, report.loss, report.gradient_norm,
                    1000.0 * static_cast<double>(options_.batch) / milliseconds);
    case LogStyle::kKeras: {
      epoch_sum_ += report.loss;
      ++epoch_steps_;
      if ((report.step + 1) % steps_per_epoch_ != 0) return "";
      const double mean = epoch_sum_ / static_cast<double>(std::exchange(epoch_steps_, 0));
      epoch_sum_ = 0;
      return Format("Epoch %lld/%lld\n%lld/%lld - 1s - loss: %.4f - %.0fms/epoch - %.0fms/step\n",
                    static_cast<long long>(report.step / steps_per_epoch_ + 1),
                    static_cast<long long>((options_.steps + steps_per_epoch_ - 1) / steps_per_epoch_),
                    static_cast<long long>(steps_per_epoch_), static_cast<long long>(steps_per_epoch_), mean,
                    milliseconds * static_cast<double>(steps_per_epoch_), milliseconds);
    }
  }
  return "";
}

std::string LogWriter::Eval(const StepReport& report, double eval_loss) {
  const auto step = static_cast<long long>(report.step);
  switch (style_) {
    case LogStyle::kNanogpt:
      return Format("step %lld: train loss %.4f, val loss %.4f\n", step, last_loss_, eval_loss);
    case LogStyle::kHuggingFace:
      return Format(
          "{'eval_loss': %.6g, 'eval_runtime': 0.1, 'eval_samples_per_second': 4000.0, 'eval_steps_per_second': 125.0, "
          "'epoch': %.2f}\n",
          eval_loss, report.epoch);
    case LogStyle::kJson:
      return Format("{\"step\": %lld, \"eval_loss\": ", step) + JsonNumber(eval_loss) + "}\n";
    case LogStyle::kCsv:
      return Format("%lld,%.4f,,%.6g,,\n", step, report.epoch, eval_loss);
    case LogStyle::kMegatron:
      return Format(" validation loss at iteration %lld | lm loss value: %.6E | lm loss PPL: %.6E |\n", step, eval_loss,
                    std::exp(std::fmin(20, eval_loss)));
    case LogStyle::kTorchtitan:
      return Format("[rank0]:INFO - validate step: %2lld  loss: %8.5f\n", step, eval_loss);
    case LogStyle::kKeras:
      return "";
  }
  return "";
}

}  // namespace lossd::demo
