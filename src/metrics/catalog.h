// Every metric that this program can expose, in one table.
#pragma once

#include <bitset>
#include <cstddef>
#include <iterator>
#include <span>
#include <string_view>

namespace lossd::metrics {

/// The source of HELP and TYPE, of the table in config/metrics.md and of the checks on rules and dashboards.
struct MetricInfo {
  std::string_view name;    ///< as in Prometheus text, a counter with its `_total`
  std::string_view type;    ///< "gauge", "counter"
  std::string_view labels;  ///< comma-separated; those of the job's own come on top
  std::string_view help;
};

/// In the order of the page: the jobs first, then the program itself.
inline constexpr MetricInfo kCatalog[] = {
    {"loss_velocity", "gauge", "training_job,loss,window",
     "Least-squares slope of the loss over the window, in loss per sample: negative is improving, positive "
     "diverging."},
    {"loss_acceleration", "gauge", "training_job,loss,window",
     "Slope of the second half of the window minus slope of the first: negative is an improvement that speeds up."},
    {"loss_velocity_per_step", "gauge", "training_job,loss,window",
     "loss_velocity divided by the mean step stride of the window, where steps are logged."},
    {"loss_acceleration_per_step", "gauge", "training_job,loss,window",
     "loss_acceleration divided by the mean step stride of the window, where steps are logged."},
    {"loss_velocity_ema", "gauge", "training_job,loss",
     "Exponentially weighted slope of the loss, in loss per sample: the faster answer."},
    {"loss_velocity_tstat", "gauge", "training_job,loss,window",
     "t-statistic of the slope: how many standard errors the velocity is away from zero."},
    {"loss_acceleration_tstat", "gauge", "training_job,loss,window",
     "t-statistic of the curvature: how many standard errors the acceleration is away from zero."},
    {"loss_noise", "gauge", "training_job,loss", "Robust standard deviation of the loss around its trend."},
    {"loss_excursion_deviations", "gauge", "training_job,loss",
     "Height of the present excursion above the level that the loss came from, in noise deviations; 0 outside of "
     "one."},
    {"training_loss", "gauge", "training_job,loss", "The last loss that was logged; may be NaN or infinite."},
    {"training_loss_smoothed", "gauge", "training_job,loss", "Exponentially weighted mean of the finite losses."},
    {"training_loss_best", "gauge", "training_job,loss", "The best finite loss so far."},
    {"training_loss_gap", "gauge", "training_job,loss",
     "An evaluation loss minus the smoothed training loss of the same job, where both are logged."},
    {"training_evaluations_since_best", "gauge", "training_job,loss",
     "Evaluations since the best one, of an evaluation loss."},
    {"training_regime", "gauge", "training_job,loss,role,regime",
     "1 for the regime that training is in, 0 for the others. The role is what the loss is to its training: whole, "
     "part, "
     "average, adversarial, policy or reward."},
    {"training_regime_start_timestamp_seconds", "gauge", "training_job,loss",
     "When training entered its present regime, in seconds since 1970."},
    {"training_regime_transitions_total", "counter", "training_job,loss,regime",
     "Times that training entered a regime."},
    {"training_loss_samples_total", "counter", "training_job,loss",
     "Losses taken, those that are not finite included."},
    {"training_loss_outliers_total", "counter", "training_job,loss", "Lone losses far above the noise."},
    {"training_loss_spikes_total", "counter", "training_job,loss", "Excursions of the loss that lasted and returned."},
    {"training_loss_nonfinite_total", "counter", "training_job,loss,kind", "Losses that were NaN or infinite."},
    {"training_restarts_total", "counter", "training_job,loss",
     "Times that the step or the epoch went back: resumed runs, and new ones in the same log. The counter of an epoch "
     "that starts anew is none."},
    {"training_step", "gauge", "training_job", "The last step that was logged."},
    {"training_epoch", "gauge", "training_job", "The last epoch that was logged; may be a fraction."},
    {"training_learning_rate", "gauge", "training_job", "The last learning rate that was logged."},
    {"training_gradient_norm", "gauge", "training_job",
     "The last gradient norm that was logged; may be NaN or infinite."},
    {"training_loss_scale", "gauge", "training_job", "The loss scale of half precision, where the log tells it."},
    {"training_skipped_steps_total", "counter", "training_job",
     "Steps that the loss scaler skipped because gradients were not finite, where the log tells them."},
    {"training_step_interval_seconds", "gauge", "training_job,loss",
     "Median time that one step takes, or one sample where steps are not logged."},
    {"training_last_sample_timestamp_seconds", "gauge", "training_job,loss",
     "When the last loss came, in seconds since 1970."},
    {"training_lr_advice_ratio", "gauge", "training_job,loss,reason",
     "What to multiply the learning rate by (1: keep it), with the reason. Advice only."},
    {"training_job_state", "gauge", "training_job,state",
     "1 for the state that the job is in (running, ended, failed, silent: nobody can be seen to write), 0 for the "
     "others."},
    {"training_failures_total", "counter", "training_job,reason", "Times that the job failed, by reason."},
    {"training_failure_info", "gauge", "training_job,reason,last_line",
     "1 while the job has failed, with the line of its log that says it best."},
    {"lossd_build_info", "gauge", "version,revision,compiler", "1, with what this program was built from."},
    {"process_start_time_seconds", "gauge", "", "When this process started, in seconds since 1970."},
    {"process_cpu_seconds_total", "counter", "", "User and system time that this process took, in seconds."},
    {"process_resident_memory_bytes", "gauge", "", "Memory of this process that is in RAM."},
    {"process_virtual_memory_bytes", "gauge", "", "Address space of this process."},
    {"process_open_fds", "gauge", "", "Descriptors that this process has open."},
    {"process_max_fds", "gauge", "", "Descriptors that it may have open."},
    {"lossd_lines_read_total", "counter", "", "Lines of logs that were read."},
    {"lossd_lines_matched_total", "counter", "", "Lines of logs that gave a sample, or context for one."},
    {"lossd_lines_ignored_total", "counter", "reason", "Lines of logs that gave nothing, by reason."},
    {"lossd_bytes_read_total", "counter", "", "Bytes of logs that were read."},
    {"lossd_file_lag_bytes", "gauge", "path,training_job", "Bytes of a followed file that are still to be read."},
    {"lossd_file_readable", "gauge", "path,training_job",
     "1 where the last attempt to read a followed file went well."},
    {"lossd_file_lines_total", "counter", "path,training_job", "Lines of a followed file that were read."},
    {"lossd_file_samples_total", "counter", "path,training_job",
     "Lines of a followed file that gave a sample: 0 while the lines grow, nothing is read from it."},
    {"lossd_file_errors_total", "counter", "reason", "Failed attempts to open or read a log, by reason."},
    {"lossd_open_files", "gauge", "", "Followed files that are held open; one that is silent for long is not."},
    {"lossd_file_rotations_total", "counter", "", "Times that a followed log was replaced by another file."},
    {"lossd_file_truncations_total", "counter", "", "Times that a followed log was cut short in place."},
    {"lossd_watches_refused", "gauge", "",
     "Directories that inotify would not watch (its limits are the system's): there polling alone finds changes."},
    {"lossd_watch_overflows_total", "counter", "",
     "Times that inotify had more to tell than it could keep: then every file is looked at."},
    {"lossd_samples_total", "counter", "source", "Samples that were taken, by where they came from."},
    {"lossd_samples_rejected_total", "counter", "reason", "Samples that were refused, by reason."},
    {"lossd_mlflow_upstream_requests_total", "counter", "result",
     "Requests that were passed on to MLflow's server, by whether it answered."},
    {"lossd_scrape_target_up", "gauge", "url,training_job",
     "1 where the last request for a trainer's own page went well."},
    {"lossd_scrape_requests_total", "counter", "result", "Requests for the pages of trainers, by what became of them."},
    {"lossd_kafka_member", "gauge", "", "1 while this process is a member of its consumer group."},
    {"lossd_kafka_assigned_partitions", "gauge", "", "Partitions that are this member's."},
    {"lossd_kafka_lag_records", "gauge", "topic,partition", "Records of a partition that are still to be read."},
    {"lossd_kafka_jobs", "gauge", "", "Jobs whose state moves with the partitions that are this member's."},
    {"lossd_kafka_records_total", "counter", "", "Records that were read."},
    {"lossd_kafka_record_bytes_total", "counter", "", "Bytes of the values of records that were read."},
    {"lossd_kafka_records_rejected_total", "counter", "reason",
     "Records, or objects in them, that gave nothing, by reason."},
    {"lossd_kafka_rebalances_total", "counter", "kind",
     "Times that partitions were assigned, revoked, or lost without a word."},
    {"lossd_kafka_commits_total", "counter", "result", "Transactions of states and offsets, by what became of them."},
    {"lossd_kafka_commit_seconds_total", "counter", "", "Time that these transactions took."},
    {"lossd_kafka_state_bytes_total", "counter", "", "Bytes of states that were written to the changelog."},
    {"lossd_kafka_states_written_total", "counter", "", "Records that were written to the changelog."},
    {"lossd_kafka_states_restored_total", "counter", "", "Jobs that came with a partition."},
    {"lossd_kafka_states_damaged_total", "counter", "",
     "Jobs that came with a partition and begin anew, for their state is damaged or does not fit the configuration."},
    {"lossd_kafka_restore_seconds", "gauge", "", "Time that the last restoring of partitions took."},
    {"lossd_kafka_jobs_moved_total", "counter", "", "Jobs that went on in another partition of this member's."},
    {"lossd_remote_write_sent_samples_total", "counter", "url", "Samples that a receiver of remote write has taken."},
    {"lossd_remote_write_pending_samples", "gauge", "url", "Samples that are still to be sent to a receiver."},
    {"lossd_remote_write_retries_total", "counter", "url", "Requests of remote write that failed and are sent again."},
    {"lossd_remote_write_dropped_samples_total", "counter", "url,reason",
     "Samples that a receiver will never get: the queue was full (overflow), or it does not want them (refused)."},
    {"lossd_jobs", "gauge", "", "Training jobs that are tracked."},
    {"lossd_series", "gauge", "", "Loss series that are tracked, over all jobs."},
    {"lossd_series_label_bytes", "gauge", "", "Bytes of the labels of all series, names and values."},
    {"lossd_jobs_expired_total", "counter", "",
     "Training jobs dropped because they were finished or silent for too long."},
    {"lossd_http_requests_total", "counter", "code", "HTTP responses, by status code."},
    {"lossd_http_connections_refused_total", "counter", "",
     "HTTP connections refused, or closed as the slowest, because too many were open."},
    {"lossd_http_tls_handshakes_failed_total", "counter", "", "Connections on which no TLS came about."},
    {"lossd_config_last_reload_successful", "gauge", "",
     "1 where the last attempt to load the configuration went well."},
    {"lossd_config_last_reload_success_timestamp_seconds", "gauge", "",
     "When the configuration was last loaded, in seconds since 1970."},
    {"lossd_scrape_duration_seconds", "gauge", "", "Time that the scrape before this one took to render."},
    {"lossd_state_saves_total", "counter", "", "Times that the state was saved."},
    {"lossd_state_save_failures_total", "counter", "", "Times that the state could not be saved."},
    {"lossd_state_loads_total", "counter", "outcome",
     "What became of the saved state at start: loaded, absent, or not usable, by reason."},
    {"lossd_clock_jumps_total", "counter", "direction",
     "Times that the system's clock was set by a second or more, or that the system slept."},
};
inline constexpr std::size_t kMetricCount = std::size(kCatalog);

inline std::span<const MetricInfo> Catalog() { return kCatalog; }

/// One metric of the table, by its name. A name that the table does not hold does not compile.
class Metric {
 public:
  consteval Metric(const char* name) : index_(IndexOf(name)) {}  // NOLINT: written as a plain string on purpose

  constexpr std::size_t index() const { return index_; }  ///< in kCatalog
  constexpr const MetricInfo& info() const { return kCatalog[index_]; }

 private:
  static consteval std::size_t IndexOf(std::string_view name) {
    for (std::size_t i = 0; i < kMetricCount; ++i) {
      if (kCatalog[i].name == name) return i;
    }
    throw "no such metric in kCatalog";
  }

  std::size_t index_;
};

/// Where `name` stands in kCatalog; kMetricCount where it does not.
constexpr std::size_t PlaceInCatalog(std::string_view name) {
  std::size_t i = 0;
  while (i < kMetricCount && kCatalog[i].name != name) ++i;
  return i;
}

/// Some of the metrics, by their place in kCatalog.
using MetricSet = std::bitset<kMetricCount>;

}  // namespace lossd::metrics
