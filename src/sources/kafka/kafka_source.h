// Samples and logs that come through Kafka, and trackers that move with their partition.
#pragma once

#include <memory>
#include <string_view>
#include <thread>
#include <vector>

#include "sources/kafka/group_member.h"
#include "sources/kafka/kafka_options.h"
#include "sources/source.h"

namespace lossd::sources {

/// One member of a consumer group, on a thread of its own. Has no cursors: what is kept of a job is in the changelog.
class KafkaSource : public Source {
 public:
  ~KafkaSource() override;

  std::string_view name() const override { return "kafka"; }
  bool has_work() const override { return !options_.brokers.empty(); }
  void ReadConfig(config::YamlSection& document) override;
  /// Other options than before make another member: the one there is gives up its partitions first.
  void Apply() override;
  void Start(const SourceHost& host, std::vector<core::Cursor> restored) override;
  void Stop(Writers writers, std::chrono::nanoseconds deadline, std::function<void()> stopped) override;
  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  void Launch();
  void Ended();

  KafkaOptions next_, options_;
  const SourceHost* host_ = nullptr;
  std::shared_ptr<Handover> handover_;  ///< of the member there is, or null
  std::thread thread_;                  ///< of the same
  std::shared_ptr<PartitionJobs> jobs_;
  std::shared_ptr<ReportBoard> board_ = std::make_shared<ReportBoard>();
  std::function<void()> stopped_;
  bool stopping_ = false;
};

}  // namespace lossd::sources
