// The overview of all jobs as a page shows it: one row a job, trouble first, filtered, sorted and cut into pages.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/job_table.h"

namespace lossd::exporter {

enum class OverviewOrder : std::uint8_t {
  kTrouble,
  kName,
  kState,
  kStep,
  kLoss,
  kVelocity,
  kAcceleration,
  kRegime,
  kSince,
  kAge
};
/// "trouble", "name", "state", "step", ...; nothing where it is none of them.
std::optional<OverviewOrder> ParseOverviewOrder(std::string_view name);
std::string_view Name(OverviewOrder order);
/// The one behind it, in a circle.
OverviewOrder Next(OverviewOrder order);

struct OverviewQuery {
  /// Words parted by blanks; each must be part of the job's name, of a label as `name=value`, of the regime, of the
  /// state or of why it failed, whatever the case of ASCII letters.
  std::string text = {};
  std::vector<std::string> regimes = {}, states = {};  ///< any of them; none: all
  OverviewOrder order = OverviewOrder::kTrouble;
  bool descending = false;
  std::size_t offset = 0, limit = 100;
};

/// Whether somebody should look: failed, or, unless ended, diverging, not finite, overfitting, constant or stalled.
bool IsTrouble(const core::Job& job);
/// The series by which a job is shown: the training loss, else the first.
const std::pair<const std::string, core::SeriesTracker>& MainSeries(const core::Job& job);

/// `{"now":…,"total":…,"matched":…,"offset":…,"trouble":…,"states":{state: count},"regimes":{regime:
/// count},"jobs":[…]}`: the counts are of all jobs, `jobs` are the rows of this page. A row has the job's name, labels,
/// state, why it failed (null where it did not), step, and of its main series the loss, velocity, acceleration, regime
/// with its start, advice and a sparkline of at most 40 losses of the whole run, oldest first; `others` are its other
/// series with their regimes.
std::string OverviewJson(const core::JobTable& jobs, const OverviewQuery& query, core::Timestamp now);

}  // namespace lossd::exporter
