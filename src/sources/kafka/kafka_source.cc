#include "sources/kafka/kafka_source.h"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <chrono>
#include <string>
#include <thread>
#include <utility>

#include "logging/log.h"
#include "metrics/families.h"
#include "sources/kafka/kafka_config.h"

namespace lossd::sources {
namespace {

constexpr std::chrono::nanoseconds kFirstBackoff = std::chrono::seconds(1), kLongestBackoff = std::chrono::seconds(30);
/// A member that held on for longer was no failure.
constexpr std::chrono::nanoseconds kHeldOn = std::chrono::minutes(1);

/// One member after the other, until an end is asked for.
void RunMembers(const MemberContext& context, const std::function<void()>& ended) {
  KafkaReport report = *context.board->Get();
  std::chrono::nanoseconds backoff = kFirstBackoff;
  while (!context.handover->ending()) {
    const std::chrono::nanoseconds begun = context.now().steady;
    GroupMember(context, report).Run();
    if (context.now().steady - begun > kHeldOn) backoff = kFirstBackoff;
    context.handover->Sleep(backoff);
    backoff = std::min(2 * backoff, kLongestBackoff);
  }
  context.handover->Post(ended);
}

}  // namespace

KafkaSource::~KafkaSource() {
  // The thread may hang in a request; the process does not wait for it.
  if (handover_) handover_->Abandon();
  if (thread_.joinable()) thread_.detach();
}

void KafkaSource::ReadConfig(config::YamlSection& document) {
  next_ = {};
  ReadKafka(document, next_);
}

void KafkaSource::Apply() {
  if (host_ == nullptr) {
    options_ = next_;
    return;
  }
  if (options_ == next_ || stopping_) return;
  options_ = next_;
  if (handover_) {
    handover_->AskToEnd();
  } else {
    Launch();
  }
}

void KafkaSource::Start(const SourceHost& host, std::vector<core::Cursor>) {
  host_ = &host;
  jobs_ = std::make_shared<PartitionJobs>(host, name());
  Launch();
}

void KafkaSource::Launch() {
  if (options_.brokers.empty()) return;
  jobs_->SetLabels(options_.labels);
  boost::asio::io_context& io = host_->io;
  logging::Log& log = host_->log;
  handover_ = std::make_shared<Handover>([&io](Handover::Task task) { boost::asio::post(io, std::move(task)); });
  MemberContext context;
  context.options = options_;
  context.handover = handover_;
  context.jobs = jobs_;
  context.board = board_;
  context.now = host_->now;
  context.notify = [handover = handover_, &io, &log](KafkaNotice notice) {
    if (handover->abandoned()) return;
    boost::asio::post(io, [&log, notice = std::move(notice)] {
      log.Write(notice.level, notice.message, {{"about", notice.about}, {"detail", notice.detail}});
    });
  };
  thread_ = std::thread(RunMembers, std::move(context), [this] { Ended(); });
}

void KafkaSource::Ended() {
  handover_ = nullptr;
  // This was its last task. What libraries keep for a thread is freed at its end, which must come before the process's.
  thread_.join();
  if (stopping_) return stopped_();
  Launch();
}

void KafkaSource::Stop(Writers, std::chrono::nanoseconds, std::function<void()> stopped) {
  stopping_ = true;
  stopped_ = std::move(stopped);
  if (!handover_) return boost::asio::post(host_->io, stopped_);
  handover_->AskToEnd();
}

std::vector<prometheus::MetricFamily> KafkaSource::Collect() const {
  metrics::Families families;
  if (options_.brokers.empty()) return families.Take();
  const std::shared_ptr<const KafkaReport> report = board_->Get();
  families.Add("lossd_kafka_member", report->member ? 1 : 0);
  families.Add("lossd_kafka_assigned_partitions", report->lags.size());
  for (const auto& [partition, lag] : report->lags) {
    families.Add("lossd_kafka_lag_records", lag,
                 {{"topic", partition.topic}, {"partition", std::to_string(partition.number)}});
  }
  families.Add("lossd_kafka_jobs", jobs_ ? jobs_->size() : 0);
  families.Add("lossd_kafka_records_total", report->records);
  families.Add("lossd_kafka_record_bytes_total", report->record_bytes);
  std::map<std::string, std::uint64_t> rejected;
  for (std::size_t i = 0; i < report->rejected.size(); ++i) {
    rejected.emplace(Name(static_cast<RecordRejection>(i)), report->rejected[i]);
  }
  families.AddEach("lossd_kafka_records_rejected_total", "reason", rejected);
  std::map<std::string, std::uint64_t> rebalances = {{"assigned", 0}, {"revoked", 0}, {"lost", 0}};
  for (const auto& [kind, count] : report->rebalances) rebalances[kind] = count;
  families.AddEach("lossd_kafka_rebalances_total", "kind", rebalances);
  std::map<std::string, std::uint64_t> commits = {{"committed", 0}, {"aborted", 0}, {"fenced", 0}};
  for (const auto& [result, count] : report->commits) commits[result] = count;
  families.AddEach("lossd_kafka_commits_total", "result", commits);
  families.Add("lossd_kafka_commit_seconds_total", report->commit_seconds);
  families.Add("lossd_kafka_state_bytes_total", report->state_bytes);
  families.Add("lossd_kafka_states_written_total", report->states_written);
  families.Add("lossd_kafka_states_restored_total", report->states_restored);
  families.Add("lossd_kafka_states_damaged_total", report->states_damaged);
  families.Add("lossd_kafka_restore_seconds", report->restore_seconds);
  families.Add("lossd_kafka_jobs_moved_total", jobs_ ? jobs_->moved() : 0);
  return families.Take();
}

}  // namespace lossd::sources
