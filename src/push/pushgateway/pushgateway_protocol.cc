#include "push/pushgateway/pushgateway_protocol.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "core/name_rules.h"
#include "push/pushgateway/pushed_metrics.h"

namespace lossd::push {
namespace {

constexpr std::string_view kPrefix = "/metrics/";
constexpr std::string_view kSource = "pushgateway";
/// Of a push the metrics that may tell of training are kept; nobody has more of them.
constexpr std::size_t kMostGauges = 256;

http::Response Text(unsigned status, std::string text = "") {
  http::Response response;
  response.status = status;
  response.body = text.empty() ? "" : std::move(text) + '\n';
  return response;
}

core::Labels LabelsOf(const GroupingKey& key) {
  core::Labels labels;
  for (const auto& [name, value] : key.labels) {
    labels.emplace(core::IsLabelName(name) ? name : "exported_" + name, value);
  }
  return labels;
}

std::string LongName(const GroupingKey& key) {
  std::string name = key.job;
  for (const auto& [unused, value] : key.labels) name += '/' + value;
  return name;
}

bool IsGauge(const text::ExpositionSample& sample) {
  return sample.type != text::MetricType::kPart && records::MayTell(sample.name, {});
}

}  // namespace

std::vector<http::Route> PushgatewayProtocol::Routes(const ProtocolHost& host) {
  return {
      {"/metrics/{path...}", {"PUT", "POST", "DELETE"}, http::Access::kIngest, [this, &host](const http::Call& call) {
         const std::string_view path = call.request.path;
         const auto key = ParseGroupingKey(path.substr(std::min(kPrefix.size(), path.size())));
         if (!key) return Text(400, key.error().reason);
         return call.request.method == "DELETE" ? Delete(*key, host) : Push(call.request, *key, host);
       }}};
}

http::Response PushgatewayProtocol::Push(const http::Request& request, const GroupingKey& key,
                                         const ProtocolHost& host) {
  const auto pushed = ParsePush(request.header("content-type"), request.body);
  if (!pushed) {
    host.sink.CountRejection("invalid_sample");
    return Text(400, pushed.error().reason);
  }
  Group* const group = FindOrMake(key);
  if (group == nullptr) return Text(503, "too many groups");
  const core::Instant now = host.now();
  group->last_push = now.steady;

  std::set<std::string_view> names;
  for (const text::ExpositionSample& sample : *pushed) names.insert(sample.name);
  const bool replace = request.method == "PUT";
  std::erase_if(group->gauges, [&](const records::Gauge& gauge) { return replace || names.contains(gauge.name); });
  for (const text::ExpositionSample& sample : *pushed) {
    if (!IsGauge(sample) || group->gauges.size() == kMostGauges) continue;
    group->gauges.push_back({sample.name, sample.labels, sample.value});
  }
  std::string refusal;
  for (const core::Sample& sample : group->reader.Read(group->gauges)) {
    const auto rejection = host.sink.Take(group->job, group->labels, sample, {now, core::Origin::kLive, kSource});
    if (rejection && refusal.empty())
      refusal = "the sample of " + sample.loss + " was refused: " + std::string(Name(*rejection));
  }
  return refusal.empty() ? Text(200) : Text(400, refusal);
}

http::Response PushgatewayProtocol::Delete(const GroupingKey& key, const ProtocolHost& host) {
  if (const auto group = groups_.find(key); group != groups_.end()) {
    host.sink.Remove(group->second.job);
    Erase(group);
  } else if (!owners_.contains(key.job)) {
    // Pushed before a restart of ours.
    host.sink.Remove(key.job);
  }
  return Text(202);
}

PushgatewayProtocol::Group* PushgatewayProtocol::FindOrMake(const GroupingKey& key) {
  if (const auto known = groups_.find(key); known != groups_.end()) return &known->second;
  if (groups_.size() >= kMostGroups) return nullptr;
  Group group;
  group.job = owners_.contains(key.job) ? LongName(key) : key.job;
  group.labels = LabelsOf(key);
  owners_.try_emplace(group.job, key);
  return &groups_.emplace(key, std::move(group)).first->second;
}

void PushgatewayProtocol::Erase(Groups::iterator group) {
  if (const auto owner = owners_.find(group->second.job); owner != owners_.end() && owner->second == group->first) {
    owners_.erase(owner);
  }
  groups_.erase(group);
}

void PushgatewayProtocol::Tick(core::Instant now) {
  if (now.steady < next_sweep_) return;
  next_sweep_ = now.steady + std::chrono::minutes(1);
  for (auto group = groups_.begin(); group != groups_.end();) {
    const auto next = std::next(group);
    if (now.steady - group->second.last_push > kGroupTtl) Erase(group);
    group = next;
  }
}

}  // namespace lossd::push
