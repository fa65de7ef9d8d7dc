// The Pushgateway's protocol: `PUT|POST|DELETE /metrics/job/<job>{/<label>/<value>}`.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/job_table.h"
#include "push/protocol.h"
#include "push/pushgateway/grouping_key.h"
#include "records/gauge_reader.h"

namespace lossd::push {

/// What a client of the Pushgateway pushes: gauges (see records::GaugeReader for which are samples and when). PUT
/// replaces the group, POST the metrics of the same names, DELETE removes the group and the job with it.
///
/// The group's job is the training job and its labels are the job's; a name that our own metrics use gets `exported_`
/// before it. Where several groups share a job, the first keeps the name, and the label values of each other are
/// appended to its own: "train/host-2".
///
/// The answer is 200, or 400 with a sentence and nothing taken where the body does not parse, 202 to a DELETE.
class PushgatewayProtocol : public Protocol {
 public:
  /// More groups than this are refused: as many as there may be jobs by default.
  static constexpr std::size_t kMostGroups = 10000;
  /// A group that is silent for longer is forgotten.
  static constexpr auto kGroupTtl = std::chrono::hours(1);

  std::vector<std::string_view> sample_sources() const override { return {"pushgateway"}; }
  std::vector<http::Route> Routes(const ProtocolHost& host) override;
  void Tick(core::Instant now) override;

 private:
  struct Group {
    std::string job;  ///< the training job's name
    core::Labels labels;
    std::vector<records::Gauge> gauges;
    records::GaugeReader reader;
    std::chrono::nanoseconds last_push{0};
  };
  using Groups = std::map<GroupingKey, Group>;

  http::Response Push(const http::Request& request, const GroupingKey& key, const ProtocolHost& host);
  http::Response Delete(const GroupingKey& key, const ProtocolHost& host);
  Group* FindOrMake(const GroupingKey& key);
  void Erase(Groups::iterator group);

  Groups groups_;
  std::map<std::string, GroupingKey, std::less<>> owners_;  ///< of training jobs' names
  std::chrono::nanoseconds next_sweep_{0};
};

}  // namespace lossd::push
