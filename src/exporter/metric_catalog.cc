#include "exporter/metric_catalog.h"

namespace lossd::exporter {
namespace {

constexpr std::string_view kGauge = "gauge";
constexpr std::string_view kCounter = "counter";

}  // namespace

const std::vector<MetricInfo>& MetricCatalog() {
  static const std::vector<MetricInfo> catalog = {
      {"loss_velocity", kGauge, "training_job,loss,window",
       "Least-squares slope of the loss over the window, in loss per sample: negative is improving, positive "
       "diverging."},
      {"loss_acceleration", kGauge, "training_job,loss,window",
       "Slope of the second half of the window minus slope of the first: negative is an improvement that speeds up."},
      {"loss_velocity_per_step", kGauge, "training_job,loss,window",
       "loss_velocity divided by the mean step stride of the window, where steps are logged."},
      {"loss_acceleration_per_step", kGauge, "training_job,loss,window",
       "loss_acceleration divided by the mean step stride of the window, where steps are logged."},
      {"loss_velocity_ema", kGauge, "training_job,loss",
       "Exponentially weighted slope of the loss, in loss per sample: the faster answer."},
      {"loss_velocity_tstat", kGauge, "training_job,loss,window",
       "t-statistic of the slope: how many standard errors the velocity is away from zero."},
      {"loss_acceleration_tstat", kGauge, "training_job,loss,window",
       "t-statistic of the curvature: how many standard errors the acceleration is away from zero."},
      {"loss_noise", kGauge, "training_job,loss", "Robust standard deviation of the loss around its trend."},
      {"loss_excursion_deviations", kGauge, "training_job,loss",
       "Height of the present excursion above the level that the loss came from, in noise deviations; 0 outside of "
       "one."},
      {"training_loss", kGauge, "training_job,loss", "The last loss that was logged; may be NaN or infinite."},
      {"training_loss_smoothed", kGauge, "training_job,loss", "Exponentially weighted mean of the finite losses."},
      {"training_loss_best", kGauge, "training_job,loss", "The best finite loss so far."},
      {"training_regime", kGauge, "training_job,loss,regime",
       "1 for the regime that training is in, 0 for the others."},
      {"training_regime_start_timestamp_seconds", kGauge, "training_job,loss",
       "When training entered its present regime, in seconds since 1970."},
      {"training_regime_transitions_total", kCounter, "training_job,loss,regime",
       "Times that training entered a regime."},
      {"training_loss_samples_total", kCounter, "training_job,loss",
       "Losses taken, those that are not finite included."},
      {"training_loss_outliers_total", kCounter, "training_job,loss", "Lone losses far above the noise."},
      {"training_loss_spikes_total", kCounter, "training_job,loss", "Excursions of the loss that lasted and returned."},
      {"training_loss_nonfinite_total", kCounter, "training_job,loss,kind", "Losses that were NaN or infinite."},
      {"training_restarts_total", kCounter, "training_job,loss", "Times that the step went back: resumed runs."},
      {"training_step", kGauge, "training_job", "The last step that was logged."},
      {"training_epoch", kGauge, "training_job", "The last epoch that was logged; may be a fraction."},
      {"training_learning_rate", kGauge, "training_job", "The last learning rate that was logged."},
      {"training_gradient_norm", kGauge, "training_job",
       "The last gradient norm that was logged; may be NaN or infinite."},
      {"training_step_interval_seconds", kGauge, "training_job,loss",
       "Median time that one step takes, or one sample where steps are not logged."},
      {"training_last_sample_timestamp_seconds", kGauge, "training_job,loss",
       "When the last loss came, in seconds since 1970."},
      {"training_lr_advice_ratio", kGauge, "training_job,loss,reason",
       "What to multiply the learning rate by (1: keep it), with the reason. Advice only."},
      {"lossd_build_info", kGauge, "version,revision,compiler", "1, with what this program was built from."},
      {"process_start_time_seconds", kGauge, "", "When this process started, in seconds since 1970."},
      {"lossd_lines_read_total", kCounter, "", "Lines of logs that were read."},
      {"lossd_lines_matched_total", kCounter, "", "Lines of logs that gave a sample, or context for one."},
      {"lossd_lines_ignored_total", kCounter, "reason", "Lines of logs that gave nothing, by reason."},
      {"lossd_bytes_read_total", kCounter, "", "Bytes of logs that were read."},
      {"lossd_file_lag_bytes", kGauge, "path,training_job", "Bytes of a followed file that are still to be read."},
      {"lossd_file_readable", kGauge, "path,training_job",
       "1 where the last attempt to read a followed file went well."},
      {"lossd_file_errors_total", kCounter, "reason", "Failed attempts to open or read a log, by reason."},
      {"lossd_open_files", kGauge, "", "Followed files that are held open; one that is silent for long is not."},
      {"lossd_file_rotations_total", kCounter, "", "Times that a followed log was replaced by another file."},
      {"lossd_file_truncations_total", kCounter, "", "Times that a followed log was cut short in place."},
      {"lossd_watches_refused", kGauge, "",
       "Directories that inotify would not watch (its limits are the system's): there polling alone finds changes."},
      {"lossd_watch_overflows_total", kCounter, "",
       "Times that inotify had more to tell than it could keep: then every file is looked at."},
      {"lossd_samples_total", kCounter, "source", "Samples that were taken, by where they came from."},
      {"lossd_samples_rejected_total", kCounter, "reason", "Samples that were refused, by reason."},
      {"lossd_jobs", kGauge, "", "Training jobs that are tracked."},
      {"lossd_series", kGauge, "", "Loss series that are tracked, over all jobs."},
      {"lossd_jobs_expired_total", kCounter, "",
       "Training jobs dropped because they were finished or silent for too long."},
      {"lossd_http_requests_total", kCounter, "code", "HTTP responses, by status code."},
      {"lossd_http_connections_refused_total", kCounter, "", "HTTP connections refused because too many were open."},
      {"lossd_http_tls_handshakes_failed_total", kCounter, "", "Connections on which no TLS came about."},
      {"lossd_config_last_reload_successful", kGauge, "",
       "1 where the last attempt to load the configuration went well."},
      {"lossd_config_last_reload_success_timestamp_seconds", kGauge, "",
       "When the configuration was last loaded, in seconds since 1970."},
      {"lossd_scrape_duration_seconds", kGauge, "", "Time that the scrape before this one took to render."},
      {"lossd_state_saves_total", kCounter, "", "Times that the state was saved."},
      {"lossd_state_save_failures_total", kCounter, "", "Times that the state could not be saved."},
      {"lossd_state_loads_total", kCounter, "outcome",
       "What became of the saved state at start: loaded, absent, or not usable, by reason."},
      {"lossd_clock_jumps_total", kCounter, "direction",
       "Times that the system's clock was set by a second or more, or that the system slept."},
  };
  return catalog;
}

}  // namespace lossd::exporter
