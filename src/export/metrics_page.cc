#include "export/metrics_page.h"

#include <array>
#include <chrono>
#include <optional>

#include "export/exposition.h"
#include "export/metric_catalog.h"
#include "export/own_metrics.h"

namespace lossd::exporter {
namespace {

double Seconds(core::Timestamp time) { return std::chrono::duration<double>(time.time_since_epoch()).count(); }

/// The labels of all series of one loss but for the last, `extra`, which differs from line to line:
/// `,regime="healthy"`.
template <typename Key, std::size_t n>
std::array<std::string, n> ExtraLabels(std::string_view label, const std::array<Key, n>& keys) {
  std::array<std::string, n> labels;
  for (const Key key : keys) {
    auto& text = labels[static_cast<std::size_t>(key)];
    AppendLabel(text, label, core::Name(key));
    text.insert(0, 1, ',');
  }
  return labels;
}

/// Writes every job once and keeps the lines apart by metric, so that a series is looked at once only: a snapshot costs
/// more than its lines. The page is their concatenation.
class JobMetrics {
 public:
  JobMetrics() {
    for (std::size_t i = 0; i < kMetricCount; ++i) lines_[i].prefix = std::string(MetricCatalog()[i].name) + "{";
  }

  void Add(const core::Job& job) {
    labels_.clear();
    AppendLabel(labels_, "training_job", job.name);
    const std::size_t job_only = labels_.size();
    foreign_.clear();
    AppendForeignLabels(foreign_, job.labels);
    AppendForeign();
    Line(Metric::kStep, job.step);
    Line(Metric::kEpoch, job.epoch);
    Line(Metric::kLearningRate, job.learning_rate);
    Line(Metric::kGradientNorm, job.gradient_norm);
    for (const auto& [loss, tracker] : job.series) {
      labels_.resize(job_only);
      AppendLabel(labels_, "loss", loss);
      AppendForeign();
      AddSeries(tracker.Snapshot());
    }
  }

  void AppendTo(std::string& page, TextFormat format) {
    std::size_t size = 0;
    for (const auto& metric : lines_) {
      for (const auto& chunk : metric.chunks) size += chunk.size();
    }
    page.reserve(page.size() + size + kMetricCount * kHeadBytes);
    for (std::size_t i = 0; i < kMetricCount; ++i) {
      if (lines_[i].chunks.empty()) continue;
      const MetricInfo& info = MetricCatalog()[i];
      AppendHead(page, info.name, info.type, info.help, format);
      for (const auto& chunk : lines_[i].chunks) page += chunk;
      lines_[i].chunks.clear();
    }
  }

 private:
  static constexpr std::size_t kHeadBytes = 256;
  static constexpr std::size_t kChunkBytes = 64 * 1024;

  /// The lines of one metric, in pieces: one string that grows would be copied again and again on its way to many
  /// megabytes.
  struct Lines {
    std::string& chunk() {
      if (chunks.empty() || chunks.back().size() > kChunkBytes - kChunkBytes / 8) {
        // Most daemons follow a few jobs: the first piece grows as it must.
        const bool first = chunks.empty();
        chunks.emplace_back();
        if (!first) chunks.back().reserve(kChunkBytes);
      }
      return chunks.back();
    }

    std::string prefix;  ///< the name and the opening brace
    std::vector<std::string> chunks;
  };

  void AppendForeign() {
    if (!foreign_.empty()) (labels_ += ',') += foreign_;
  }

  template <typename Number>
  void Line(Metric metric, Number value, std::string_view extra = {}) {
    Lines& lines = lines_[static_cast<std::size_t>(metric)];
    std::string& text = lines.chunk();
    text.append(lines.prefix).append(labels_).append(extra).append("} ");
    AppendNumber(text, value);
    text += '\n';
  }
  template <typename Number>
  void Line(Metric metric, const std::optional<Number>& value, std::string_view extra = {}) {
    if (value) Line(metric, *value, extra);
  }

  void AddSeries(const core::SeriesSnapshot& series) {
    for (const auto& window : series.windows) {
      window_ = ",window=\"";
      AppendNumber(window_, std::uint64_t{window.window});
      window_ += '"';
      Line(Metric::kVelocity, window.velocity, window_);
      Line(Metric::kAcceleration, window.acceleration, window_);
      Line(Metric::kVelocityPerStep, window.velocity_per_step, window_);
      Line(Metric::kAccelerationPerStep, window.acceleration_per_step, window_);
      Line(Metric::kVelocityTstat, window.tstat, window_);
      Line(Metric::kAccelerationTstat, window.acceleration_tstat, window_);
    }
    Line(Metric::kVelocityEma, series.velocity_ema);
    Line(Metric::kNoise, series.noise);
    Line(Metric::kExcursion, series.excursion_deviations);
    Line(Metric::kLoss, series.loss);
    Line(Metric::kLossSmoothed, series.smoothed);
    Line(Metric::kLossBest, series.best);
    for (const core::Regime regime : core::kRegimes) {
      const auto i = static_cast<std::size_t>(regime);
      Line(Metric::kRegime, std::uint64_t{series.regime == regime ? 1U : 0U}, regimes_[i]);
      Line(Metric::kRegimeTransitions, series.transitions[i], regimes_[i]);
    }
    Line(Metric::kRegimeStart, Seconds(series.regime_start));
    Line(Metric::kSamples, series.samples);
    Line(Metric::kOutliers, series.outliers);
    Line(Metric::kSpikes, series.spikes);
    Line(Metric::kRestarts, series.restarts);
    for (const core::NonFiniteKind kind : core::kNonFiniteKinds) {
      const auto i = static_cast<std::size_t>(kind);
      Line(Metric::kNonFinite, series.nonfinite[i], kinds_[i]);
    }
    Line(Metric::kStepInterval, series.step_interval_seconds);
    Line(Metric::kLastSample, Seconds(series.last_sample));
    if (series.lr_advice) {
      Line(Metric::kLrAdvice, series.lr_advice->ratio, reasons_[static_cast<std::size_t>(series.lr_advice->reason)]);
    }
  }

  const std::array<std::string, core::kRegimeCount> regimes_ = ExtraLabels("regime", core::kRegimes);
  const std::array<std::string, 3> kinds_ = ExtraLabels("kind", core::kNonFiniteKinds);
  const std::array<std::string, core::kLrAdviceReasons.size()> reasons_ = ExtraLabels("reason", core::kLrAdviceReasons);
  std::array<Lines, kMetricCount> lines_;
  std::string labels_, foreign_, window_;
};

void AppendFamily(std::string& page, const prometheus::MetricFamily& family, TextFormat format) {
  const bool counter = family.type == prometheus::MetricType::Counter;
  AppendHead(page, family.name, counter ? "counter" : "gauge", family.help, format);
  for (const auto& sample : family.metric) {
    std::string labels;
    for (const auto& label : sample.label) AppendLabel(labels, label.name, label.value);
    page += family.name;
    if (!labels.empty()) page.append("{").append(labels) += '}';
    page += ' ';
    AppendNumber(page, counter ? sample.counter.value : sample.gauge.value);
    page += '\n';
  }
}

}  // namespace

std::string RenderMetrics(const core::JobTable& jobs, const OwnStats& own, TextFormat format) {
  std::string page;
  JobMetrics metrics;
  for (const auto& [name, job] : jobs.jobs()) metrics.Add(job);
  metrics.AppendTo(page, format);
  for (const auto& family : OwnMetrics(own, jobs).Collect()) AppendFamily(page, family, format);
  if (format == TextFormat::kOpenMetrics) page += "# EOF\n";
  return page;
}

}  // namespace lossd::exporter
