#include "export/metrics_page.h"

#include <prometheus/metric_family.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <iterator>
#include <optional>
#include <utility>
#include <vector>

#include "export/exposition.h"
#include "metrics/catalog.h"

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
    for (std::size_t i = 0; i < metrics::kMetricCount; ++i)
      lines_[i].prefix = std::string(metrics::kCatalog[i].name) + "{";
  }

  void Add(const core::Job& job) {
    labels_.clear();
    AppendLabel(labels_, "training_job", job.name);
    const std::size_t job_only = labels_.size();
    foreign_.clear();
    AppendForeignLabels(foreign_, job.labels);
    AppendForeign();
    Line("training_step", job.step);
    Line("training_epoch", job.epoch);
    Line("training_learning_rate", job.learning_rate);
    Line("training_gradient_norm", job.gradient_norm);
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
    page.reserve(page.size() + size + metrics::kMetricCount * kHeadBytes);
    for (std::size_t i = 0; i < metrics::kMetricCount; ++i) {
      if (lines_[i].chunks.empty()) continue;
      const metrics::MetricInfo& info = metrics::kCatalog[i];
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
  void Line(metrics::Metric metric, Number value, std::string_view extra = {}) {
    Lines& lines = lines_[metric.index()];
    std::string& text = lines.chunk();
    text.append(lines.prefix).append(labels_).append(extra).append("} ");
    AppendNumber(text, value);
    text += '\n';
  }
  template <typename Number>
  void Line(metrics::Metric metric, const std::optional<Number>& value, std::string_view extra = {}) {
    if (value) Line(metric, *value, extra);
  }

  void AddSeries(const core::SeriesSnapshot& series) {
    for (const auto& window : series.windows) {
      window_ = ",window=\"";
      AppendNumber(window_, std::uint64_t{window.window});
      window_ += '"';
      Line("loss_velocity", window.velocity, window_);
      Line("loss_acceleration", window.acceleration, window_);
      Line("loss_velocity_per_step", window.velocity_per_step, window_);
      Line("loss_acceleration_per_step", window.acceleration_per_step, window_);
      Line("loss_velocity_tstat", window.tstat, window_);
      Line("loss_acceleration_tstat", window.acceleration_tstat, window_);
    }
    Line("loss_velocity_ema", series.velocity_ema);
    Line("loss_noise", series.noise);
    Line("loss_excursion_deviations", series.excursion_deviations);
    Line("training_loss", series.loss);
    Line("training_loss_smoothed", series.smoothed);
    Line("training_loss_best", series.best);
    Line("training_loss_gap", series.gap);
    Line("training_evaluations_since_best", series.evaluations_since_best);
    for (const core::Regime regime : core::kRegimes) {
      const auto i = static_cast<std::size_t>(regime);
      role_ = roles_[static_cast<std::size_t>(series.role)];
      role_ += regimes_[i];
      Line("training_regime", std::uint64_t{series.regime == regime ? 1U : 0U}, role_);
      Line("training_regime_transitions_total", series.transitions[i], regimes_[i]);
    }
    Line("training_regime_start_timestamp_seconds", Seconds(series.regime_start));
    Line("training_loss_samples_total", series.samples);
    Line("training_loss_outliers_total", series.outliers);
    Line("training_loss_spikes_total", series.spikes);
    Line("training_restarts_total", series.restarts);
    for (const core::NonFiniteKind kind : core::kNonFiniteKinds) {
      const auto i = static_cast<std::size_t>(kind);
      Line("training_loss_nonfinite_total", series.nonfinite[i], kinds_[i]);
    }
    Line("training_step_interval_seconds", series.step_interval_seconds);
    Line("training_last_sample_timestamp_seconds", Seconds(series.last_sample));
    if (series.lr_advice) {
      Line("training_lr_advice_ratio", series.lr_advice->ratio,
           reasons_[static_cast<std::size_t>(series.lr_advice->reason)]);
    }
  }

  const std::array<std::string, core::kRegimeCount> regimes_ = ExtraLabels("regime", core::kRegimes);
  const std::array<std::string, core::kRoles.size()> roles_ = ExtraLabels("role", core::kRoles);
  const std::array<std::string, 3> kinds_ = ExtraLabels("kind", core::kNonFiniteKinds);
  const std::array<std::string, core::kLrAdviceReasons.size()> reasons_ = ExtraLabels("reason", core::kLrAdviceReasons);
  std::array<Lines, metrics::kMetricCount> lines_;
  std::string labels_, foreign_, window_, role_;
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

/// What all parts tell, a family once, in the order of the catalogue.
std::vector<prometheus::MetricFamily> CollectAll(std::span<const prometheus::Collectable* const> parts) {
  std::vector<prometheus::MetricFamily> all;
  for (const prometheus::Collectable* part : parts) {
    for (prometheus::MetricFamily& family : part->Collect()) {
      const auto known = std::ranges::find(all, family.name, &prometheus::MetricFamily::name);
      if (known == all.end()) {
        all.push_back(std::move(family));
      } else {
        std::ranges::move(family.metric, std::back_inserter(known->metric));
      }
    }
  }
  std::ranges::stable_sort(all, {}, [](const auto& family) { return metrics::PlaceInCatalog(family.name); });
  return all;
}

}  // namespace

std::string RenderMetrics(const core::JobTable& jobs, std::span<const prometheus::Collectable* const> parts,
                          TextFormat format) {
  std::string page;
  JobMetrics lines;
  for (const auto& [name, job] : jobs.jobs()) lines.Add(job);
  lines.AppendTo(page, format);
  for (const auto& family : CollectAll(parts)) AppendFamily(page, family, format);
  if (format == TextFormat::kOpenMetrics) page += "# EOF\n";
  return page;
}

}  // namespace lossd::exporter
