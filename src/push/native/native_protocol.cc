#include "push/native/native_protocol.h"

#include <algorithm>
#include <boost/json.hpp>
#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "push/native/sample_json.h"

namespace lossd::push {
namespace {

namespace json = boost::json;

/// A sample that its sender took longer ago than this is history that is sent late, not news.
constexpr auto kNewsAge = std::chrono::minutes(1);

/// The member of a sample that a rejection is about.
std::string_view Field(core::Rejection rejection, bool several_losses) {
  switch (rejection) {
    case core::Rejection::kJobLimit:
    case core::Rejection::kBadJobName:
      return "training_job";
    case core::Rejection::kSeriesLimit:
    case core::Rejection::kBadSeriesName:
      return several_losses ? "losses" : "name";
    case core::Rejection::kBadLabel:
      return "labels";
  }
  return "";
}

std::optional<core::Timestamp> TimeOf(const JsonSample& object) {
  return object.samples.empty() ? std::nullopt : object.samples[0].time;
}

/// A buffering client may send its samples in any order; where all say when they were taken, they are put into theirs.
void OrderByTime(std::vector<JsonSample>& objects) {
  if (std::ranges::all_of(objects, [](const auto& object) { return TimeOf(object).has_value(); })) {
    std::ranges::stable_sort(objects, {}, TimeOf);
  }
}

/// What became of the objects of one body.
struct Outcome {
  std::size_t accepted = 0;
  std::map<std::size_t, std::pair<std::string, std::string>> rejected;  ///< field and reason, by index in the body
  std::vector<JsonRejection> warnings;
};

Outcome TakeAll(std::string_view body, std::string_view source, const ProtocolHost& host) {
  SampleDocument document = ParseSamples(body);
  const core::Instant now = host.now();
  OrderByTime(document.accepted);
  Outcome outcome;
  for (const JsonRejection& rejection : document.rejected) {
    host.sink.CountRejection("invalid_sample");
    outcome.rejected.try_emplace(rejection.index, rejection.field, rejection.reason);
  }
  for (const JsonSample& object : document.accepted) {
    bool whole = true;
    for (const core::Sample& sample : object.samples) {
      const bool late = sample.time && *sample.time < now.wall - kNewsAge;
      const auto rejection = host.sink.Take(object.training_job, object.labels, sample,
                                            {now, late ? core::Origin::kCatchUp : core::Origin::kLive, source});
      if (!rejection) continue;
      whole = false;
      outcome.rejected.try_emplace(object.index, Field(*rejection, object.samples.size() > 1), Name(*rejection));
    }
    if (whole) ++outcome.accepted;
  }
  outcome.warnings = std::move(document.warnings);
  return outcome;
}

json::object Remark(std::size_t index, const std::string& field, const std::string& reason) {
  return {{"index", index}, {"field", field}, {"reason", reason}};
}

http::Response AnswerFor(const Outcome& outcome) {
  json::object answer{{"accepted", outcome.accepted}};
  if (!outcome.rejected.empty()) {
    json::array list;
    for (const auto& [index, rejection] : outcome.rejected) {
      list.push_back(Remark(index, rejection.first, rejection.second));
    }
    answer["rejected"] = std::move(list);
  }
  if (!outcome.warnings.empty()) {
    json::array list;
    for (const JsonRejection& warning : outcome.warnings) {
      list.push_back(Remark(warning.index, warning.field, warning.reason));
    }
    answer["warnings"] = std::move(list);
  }
  http::Response response;
  response.status = outcome.rejected.empty() ? 200 : outcome.accepted > 0 ? 207 : 400;
  response.content_type = "application/json";
  response.body = json::serialize(answer) + '\n';
  return response;
}

}  // namespace

std::vector<http::Route> NativeProtocol::Routes(const ProtocolHost& host) {
  return {{"/api/v1/samples", {"POST"}, http::Access::kIngest, [&host](const http::Call& call) {
             return AnswerFor(TakeAll(call.request.body, kSource, host));
           }}};
}

}  // namespace lossd::push
