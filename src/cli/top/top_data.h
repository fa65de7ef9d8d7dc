// What the terminal view shows, as the API tells it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lossd::cli {

/// One job of the overview.
struct TopRow {
  std::string job, state, failure, loss, regime, why, advice;  ///< `failure`: its reason; "" where it has not failed
  bool trouble = false;
  std::optional<std::int64_t> step;
  std::optional<double> last_loss, velocity, acceleration;  ///< NaN where it is told as "nan"
  double regime_seconds = 0, silent_seconds = 0;            ///< how long it has lasted, and since the last sample
  std::vector<double> curve;                                ///< NaN where there was no finite loss
};

struct TopOverview {
  std::size_t total = 0, matched = 0, trouble = 0, running = 0;
  std::vector<TopRow> rows;
};

/// One series of a job over its whole run, a point for each position of the vectors.
struct TopRun {
  struct Change {
    std::size_t point = 0;
    std::string regime;
  };
  std::string job, state, loss, regime, why, advice;
  std::string failure, last_line;   ///< of a failed job: the reason and the log's line that says it best
  std::vector<std::string> losses;  ///< every series of the job
  std::optional<double> last_loss, best_loss, velocity, acceleration;
  std::vector<double> step;  ///< or sample, where no steps are logged
  bool has_steps = false;
  std::vector<double> min, max, smoothed;  ///< NaN where there is none
  std::vector<Change> changes;             ///< of regime, in order
};

/// Nothing where the text is not such an answer.
std::optional<TopOverview> ParseOverview(std::string_view json);
std::optional<TopRun> ParseRun(std::string_view json);

}  // namespace lossd::cli
