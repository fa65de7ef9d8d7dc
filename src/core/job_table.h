// All jobs and their series: who is tracked, what is refused, what has expired.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/job_state.h"
#include "core/run_history.h"
#include "core/sample.h"
#include "core/series_tracker.h"

namespace lossd::core {

struct JobLimits {
  std::size_t max_jobs = 10000;
  std::size_t max_series_per_job = 64;
  std::size_t max_series = 50'000;  ///< of all jobs together: some 7 KB each
  /// Of the labels of all series together, names and values: every line of the metrics page repeats them.
  std::size_t max_label_bytes = 16 << 20;
  std::size_t max_name_bytes = 256;  ///< of a job's, a series' or a label's name or value
  std::size_t max_labels = 16;
  /// A job silent for longer disappears; one whose own rhythm is slow after four times its silence timeout, and one
  /// that has not shown a rhythm yet after 24 times this.
  std::chrono::nanoseconds ttl = std::chrono::hours(1);
  std::chrono::nanoseconds finished_ttl = std::chrono::minutes(5);  ///< an ended job disappears after this
  /// A failed or stalled job stays for so long at least: somebody is to see it.
  std::chrono::nanoseconds trouble_ttl = std::chrono::hours(24);
  std::chrono::nanoseconds stall_after{0};  ///< silence that is a stall; 0: by each job's own rhythm
};

/// Why a sample was not taken. Names are values of the label `reason`.
enum class Rejection : std::uint8_t {
  kJobLimit,
  kSeriesLimit,
  kTotalSeriesLimit,
  kLabelSizeLimit,
  kBadJobName,
  kBadSeriesName,
  kBadLabel
};
std::string_view Name(Rejection rejection);

/// One training job. Series keep the order of their names.
struct Job {
  std::string name;
  Labels labels;
  std::map<std::string, SeriesTracker, std::less<>> series;
  /// Of each evaluation loss: see SeriesMeaning::training.
  std::map<std::string, std::vector<std::string>, std::less<>> training;
  std::map<std::string, std::unique_ptr<RunHistory>, std::less<>> histories;  ///< of those series that have one
  std::optional<std::int64_t> step;
  std::optional<double> epoch, learning_rate, gradient_norm;
  std::optional<double> loss_scale;            ///< of half precision, where logged
  std::optional<std::uint64_t> skipped_steps;  ///< that its scaler skipped since this process began, where logged
  Instant last_sample;
  JobState state = JobState::kRunning;
  Instant state_since;  ///< of a state other than kRunning
  /// Of a failed job; of a running one: what looks like a failure, unless training goes on.
  std::optional<FailureReport> failure;
  Instant failure_seen;
  std::array<std::uint64_t, kFailures.size()>
      failures{};  ///< by reason; a run that goes on all the same has not failed
  Writer writer = Writer::kUnknown;
  RunStage stage = RunStage::kUnknown;
  bool kept_elsewhere = false;  ///< see JobTable::KeepElsewhere
  std::size_t label_bytes = 0;  ///< of the labels that each of its series has: its name's, and `labels`
  std::size_t loss_bytes = 0;   ///< of the names of its series
  std::uint64_t last_save = 0;  ///< the number of the last save in turns that holds this job, or that it came after

  /// No sample is expected any more.
  bool finished() const { return state == JobState::kEnded || state == JobState::kFailed; }
};

/// What a series means.
struct SeriesMeaning {
  ClassifierOptions classifier;
  /// Of an evaluation loss: the names under which its training loss may stand in the same job, the likeliest first.
  std::vector<std::string> training = {};
};

/// What a new series means, by its job's and its own name; empty: TrackerOptions::classifier for every one, and `eval`
/// is the evaluation of `train`.
using ClassifierRule = std::function<SeriesMeaning(std::string_view job, std::string_view loss)>;

class JobTable {
 public:
  JobTable(TrackerOptions options, JobLimits limits, ClassifierRule rule = {});

  /// New settings (a reload): limits hold at once, the rest for series created from now on; the others keep their
  /// history.
  void Reconfigure(TrackerOptions options, JobLimits limits, ClassifierRule rule);

  /// Keeps the run of every series from its next sample on; without a call nothing is kept. A history is no part of
  /// what Save appends.
  void KeepHistory(HistoryOptions options);

  struct Outcome {
    std::optional<Rejection> rejection;  ///< absent: the sample was taken
    std::span<const Event> events;       ///< valid until the next call of any method
  };
  /// Takes one sample of job `job`; creates job and series at need. `labels` are merged into the job's, the newest
  /// value wins, and one that is empty takes the label back. Names and label values must be valid UTF-8 without NUL,
  /// not empty (a label's value may be) and within `max_name_bytes`; label names must also be ones that Prometheus
  /// takes (see IsLabelName). All or nothing: a rejected sample changes nothing.
  Outcome Add(std::string_view job, const Labels& labels, const Sample& sample, Instant now,
              Origin origin = Origin::kLive);

  /// Marks a job as ended: never stalled, gone after `finished_ttl`. A later sample revives it. False where there is no
  /// such job.
  bool Finish(std::string_view job, Instant now);
  /// Marks it as failed, with `failure`, or with what was suspected where that says more. A later sample revives it.
  bool Fail(std::string_view job, FailureReport failure, Instant now);
  /// The log shows what looks like a failure. It is one where the job stays silent: for 15 s, or, by its own rhythm, up
  /// to 10 minutes; at once where the writer has gone. Of an ended job it says nothing.
  bool Suspect(std::string_view job, FailureReport failure, Instant now);
  /// The pipe, or whatever else gave the samples, has ended by itself: ended, or failed where a failure was suspected.
  bool Close(std::string_view job, Instant now);
  /// What is known of the writer and of the place in the run.
  void Note(std::string_view job, Writer writer, RunStage stage);
  /// What a log tells of its loss scaler: the scale, if any, and `skipped` more steps that were skipped, if it counts
  /// them.
  void NoteScaler(std::string_view job, std::optional<double> loss_scale, std::optional<std::uint64_t> skipped);
  bool Remove(std::string_view job);

  /// Lets time pass: stalls are entered and reported, jobs past their time to live are removed. A series stalls only
  /// when its whole job is silent: an evaluation loss that comes rarely is not stalled while the training goes on.
  /// A job that is silent for too long has ended where it stood at its announced total; it stalls where somebody could
  /// still write, or where it was plainly in its middle; else, and where its writer has gone, it is silent.
  struct Ticked {
    struct Stall {
      std::string job, loss;
      Event event;
    };
    struct Change {
      std::string job;
      JobState state;
    };
    std::vector<Stall> stalls;
    std::vector<Change> changes;
    std::vector<std::string> expired;
    bool whole = false;  ///< the last job was among them
  };
  /// For so many jobs at most, from those on at which the last call ended: looking at all of a large table would hold
  /// up its thread.
  Ticked Tick(Instant now, std::size_t jobs = std::numeric_limits<std::size_t>::max());

  /// Appends every job with all its series, but for those that are kept elsewhere; after Load of the same bytes every
  /// later result is equal to the bit.
  void Save(StateWriter& out, Instant now) const;

  /// The same in turns, for a table so large that Save would hold up its thread. What is appended is the table as it is
  /// at BeginSave, in any order of jobs: one that is about to change is appended before it does. `out` must stay until
  /// SaveMore has returned true, or EndSave was called.
  void BeginSave(StateWriter& out, Instant now);
  /// Appends jobs with `series` series or a few more. True once all are there; the save is then over.
  bool SaveMore(std::size_t series);
  /// Gives up a save that is under way.
  void EndSave() { save_out_ = nullptr; }

  struct SeriesName {
    std::string job, loss;
    friend bool operator==(const SeriesName&, const SeriesName&) = default;
  };
  /// Nothing where the bytes do not fit these options; the table is then empty. Else the series that are left out,
  /// since the rule now has another direction for them. Times are moved to this process's clock.
  std::optional<std::vector<SeriesName>> Load(StateReader& in, Instant now);

  /// Whoever calls this keeps the job's state himself, by SaveJob and LoadJob: it is no part of what Save appends.
  void KeepElsewhere(std::string_view job);
  /// Appends one job. False, and nothing is appended, where there is no such job.
  bool SaveJob(std::string_view job, StateWriter& out, Instant now) const;
  /// Takes the job that SaveJob has appended, in the place of one of that name. False where the bytes do not fit these
  /// options; the table is then as it was, but for a job of that name, which is gone.
  bool LoadJob(StateReader& in, Instant now);

  const Job* Find(std::string_view job) const;
  std::size_t series() const { return series_; }
  /// Another number once a job or a series has come or gone or the labels of a job have changed: as long as it is the
  /// same, no job and no series is anywhere else in memory.
  std::uint64_t arrangement() const { return arrangement_; }
  /// What JobLimits::max_label_bytes bounds.
  std::size_t label_bytes() const { return label_bytes_; }
  /// Bytes of all histories' points, as if all had as many as the largest.
  std::size_t history_bytes() const;
  const std::map<std::string, Job, std::less<>>& jobs() const { return jobs_; }
  std::uint64_t expired_total() const { return expired_total_; }

 private:
  using Series = std::pair<const std::string, SeriesTracker>;

  /// The training loss of an evaluation loss; nullptr where the job has none.
  static const SeriesTracker* TrainingOf(const Job& job, std::string_view evaluation);
  Job* FindJob(std::string_view job);
  /// To be changed: kept for the save that is under way.
  Job* JobToChange(std::string_view job);
  void KeepForSave(Job& job);
  Series* FindSeries(Job& job, std::string_view loss);
  std::optional<Rejection> CheckNames(const Job* job, std::string_view name, std::string_view loss) const;
  std::optional<Rejection> CheckLabelSize(const Job* job, std::string_view name, const Labels& labels,
                                          std::string_view new_loss) const;
  void SetLabels(Job& job, const Labels& labels);
  /// Counts what the job is to the limits of all jobs together, or counts it no more.
  void Count(Job& job);
  void CountNoMore(const Job& job);
  std::optional<Rejection> CheckLabels(const Job* job, const Labels& labels) const;
  Series* MakeSeries(Job& job, const std::string& loss) const;
  RunHistory* FindHistory(Job& job, const Series& series);
  void Record(Job& job, const Series& series, const Sample& sample, std::span<const Event> events);
  void Drop(Job& job);
  void Enter(Job& job, JobState state, Instant now);
  void ConfirmFailure(Job& job, Instant now);
  /// Of the whole job: the shortest of its series'.
  std::optional<std::chrono::nanoseconds> SilenceTimeout(const Job& job) const;
  std::chrono::nanoseconds TimeToLive(const Job& job) const;
  void TickJob(Job& job, Instant now, Ticked& ticked);
  void TickSeries(Job& job, Instant now, Ticked& ticked);
  bool LoadJobs(StateReader& in, Instant now, std::vector<SeriesName>& left_out);
  bool LoadFields(StateReader& in, Instant now, Job& job, std::vector<SeriesName>& left_out);
  bool LoadSeries(StateReader& in, Instant now, Job& job, std::vector<SeriesName>& left_out);

  TrackerOptions options_;
  JobLimits limits_;
  ClassifierRule rule_;
  std::map<std::string, Job, std::less<>> jobs_;
  // Of the last Add: a log brings many samples of one series in a row.
  Job* recent_ = nullptr;
  Series* recent_series_ = nullptr;       ///< of recent_, where that is set
  RunHistory* recent_history_ = nullptr;  ///< of recent_series_, once it has been looked up
  std::uint64_t expired_total_ = 0;
  std::string next_to_tick_;  ///< from this name on; empty: from the first
  HistoryOptions history_{.points = 0};
  std::size_t series_ = 0, label_bytes_ = 0, kept_elsewhere_ = 0;  ///< of all jobs
  std::uint64_t arrangement_ = 0;
  // Of the save in turns.
  StateWriter* save_out_ = nullptr;  ///< null: none is under way
  Instant save_time_;
  std::uint64_t save_number_ = 0;
  std::size_t unsaved_ = 0;
  std::string saved_up_to_;                         ///< every job up to this name is saved
  std::size_t histories_ = 0, history_points_ = 0;  ///< how many there are, and the most points that one of them has
};

}  // namespace lossd::core
