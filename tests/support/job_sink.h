// A sink for tests: a job table of its own, and what came into it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/job_table.h"
#include "core/sample_sink.h"

namespace lossd::test {

class JobSink : public core::SampleSink {
 public:
  explicit JobSink(core::JobLimits limits = {}) : jobs(core::TrackerOptions{}, limits) {}

  std::optional<core::Rejection> Take(std::string_view job, const core::Labels& labels, const core::Sample& sample,
                                      const core::Arrival& arrival) override {
    const auto outcome = jobs.Add(job, labels, sample, arrival.now, arrival.origin);
    if (outcome.rejection) {
      ++rejected[std::string(Name(*outcome.rejection))];
      return outcome.rejection;
    }
    ++taken[std::string(arrival.source)];
    origins.push_back(arrival.origin);
    return std::nullopt;
  }
  void CountRejection(std::string_view reason) override { ++rejected[std::string(reason)]; }
  bool Finish(std::string_view job, core::Instant now) override { return jobs.Finish(job, now); }
  bool Fail(std::string_view job, const core::FailureReport& failure, core::Instant now) override {
    return jobs.Fail(job, failure, now);
  }
  bool Remove(std::string_view job) override { return jobs.Remove(job); }

  /// The losses that a job's first series has taken, oldest first.
  std::vector<double> History(const std::string& job) const { return jobs.Find(job)->series.begin()->second.History(); }

  core::JobTable jobs;
  std::map<std::string, std::uint64_t> taken;     ///< by source
  std::map<std::string, std::uint64_t> rejected;  ///< by reason
  std::vector<core::Origin> origins;              ///< of the samples that were taken, in order
};

}  // namespace lossd::test
