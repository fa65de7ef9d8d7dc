#include "app/routes.h"

#include <algorithm>
#include <boost/json.hpp>
#include <chrono>
#include <map>
#include <utility>

#include "export/job_json.h"
#include "push/native/sample_json.h"
#include "text/utf8_text.h"
#include "web/landing_page.h"

namespace lossd::app {
namespace {

namespace json = boost::json;

constexpr std::string_view kJobSegment = "{job}";
/// A sample that its sender took longer ago than this is history that is sent late, not news.
constexpr auto kNewsAge = std::chrono::minutes(1);

http::Response Text(unsigned status, std::string text) {
  http::Response response;
  response.status = status;
  response.body = std::move(text) + '\n';
  return response;
}

http::Response Json(unsigned status, std::string text) {
  http::Response response;
  response.status = status;
  response.content_type = "application/json";
  response.body = std::move(text) + '\n';
  return response;
}

http::Response JsonError(unsigned status, std::string_view error) {
  return Json(status, json::serialize(json::object{{"error", text::ToUtf8(error)}}));
}

http::Response NoSuchJob(const std::string& job) { return JsonError(404, "no such job: " + job); }

/// The job that a path names where it fits the route ("" where the route names none), still encoded.
std::optional<std::string_view> Match(std::string_view route, std::string_view path) {
  const std::size_t segment = route.find(kJobSegment);
  if (segment == std::string_view::npos) return route == path ? std::optional(std::string_view()) : std::nullopt;
  const std::string_view before = route.substr(0, segment), behind = route.substr(segment + kJobSegment.size());
  if (path.size() <= before.size() + behind.size() || !path.starts_with(before) || !path.ends_with(behind)) {
    return std::nullopt;
  }
  const std::string_view job = path.substr(before.size(), path.size() - before.size() - behind.size());
  return job.find('/') == std::string_view::npos ? std::optional(job) : std::nullopt;
}

/// The member of a native sample that a rejection is about.
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

std::optional<core::Timestamp> TimeOf(const push::JsonSample& object) {
  return object.samples.empty() ? std::nullopt : object.samples[0].time;
}

/// A buffering client may send its samples in any order; where all say when they were taken, they are put into theirs.
void OrderByTime(std::vector<push::JsonSample>& objects) {
  if (std::ranges::all_of(objects, [](const auto& object) { return TimeOf(object).has_value(); })) {
    std::ranges::stable_sort(objects, {}, TimeOf);
  }
}

}  // namespace

Routes::Routes(RouteOptions options, core::JobTable& jobs, Intake& intake, RouteContext context)
    : options_(std::move(options)), jobs_(jobs), intake_(intake), context_(std::move(context)) {
  using http::Request;
  using std::string;
  routes_ = {
      {options_.telemetry_path,
       {"GET"},
       [this](const http::Request& request, const string&) { return Metrics(request); }},
      {"/api/v1/samples",
       {"POST"},
       [this](const http::Request& request, const string&) { return PostSamples(request); }},
      {"/api/v1/jobs",
       {"GET"},
       [this](const http::Request&, const string&) { return Json(200, exporter::JobListJson(jobs_)); }},
      {"/api/v1/jobs/{job}",
       {"GET", "DELETE"},
       [this](const http::Request& request, const string& job) {
         return request.method == "DELETE" ? DeleteJob(job) : GetJob(job);
       }},
      {"/api/v1/jobs/{job}/finish",
       {"POST"},
       [this](const http::Request&, const string& job) { return FinishJob(job); }},
      {"/api/v1/jobs/{job}/advice",
       {"GET"},
       [this](const http::Request& request, const string& job) { return Advise(request, job); }},
      {"/-/healthy", {"GET"}, [](const http::Request&, const string&) { return Text(200, "lossd is healthy."); }},
      {"/-/ready", {"GET"}, [this](const http::Request&, const string&) { return Ready(); }},
      {"/-/reload", {"POST", "PUT"}, [this](const http::Request&, const string&) { return Reload(); }},
      {"/",
       {"GET"},
       [this](const http::Request&, const string&) {
         http::Response response;
         response.content_type = "text/html; charset=utf-8";
         response.body = web::LandingPage(jobs_, context_.own_stats().version, options_.telemetry_path);
         return response;
       }},
  };
}

http::Response Routes::Handle(const http::Request& request) {
  const std::string_view method = request.method == "HEAD" ? "GET" : std::string_view(request.method);
  for (const Route& route : routes_) {
    const auto encoded = Match(route.path, request.path);
    if (!encoded) continue;
    if (std::ranges::find(route.methods, method) == route.methods.end()) {
      std::string allow;
      for (const std::string_view allowed : route.methods) {
        allow += (allow.empty() ? "" : ", ") + std::string(allowed);
        if (allowed == "GET") allow += ", HEAD";
      }
      http::Response response = Text(405, request.method + " is not allowed here; allowed: " + allow);
      response.headers.emplace_back("Allow", allow);
      return response;
    }
    const auto job = http::PercentDecode(*encoded);
    if (!job) return JsonError(400, "the name of the job is not percent-encoded correctly");
    return route.handle(request, *job);
  }
  return Text(404, "no such page: " + request.path);
}

http::Response Routes::Metrics(const http::Request& request) {
  const auto begin = context_.now().steady;
  const exporter::TextFormat format = exporter::NegotiateFormat(request.header("accept"));
  http::Response response;
  response.content_type = exporter::ContentType(format);
  response.body = exporter::RenderMetrics(jobs_, context_.own_stats(), format);
  context_.scraped(std::chrono::duration<double>(context_.now().steady - begin).count());
  return response;
}

http::Response Routes::PostSamples(const http::Request& request) {
  push::SampleDocument document = push::ParseSamples(request.body);
  const core::Instant now = context_.now();
  OrderByTime(document.accepted);
  std::size_t accepted = 0;
  std::map<std::size_t, std::pair<std::string, std::string>> rejected;  // by index in the body
  for (const push::JsonRejection& rejection : document.rejected) {
    intake_.CountRejection("invalid_sample");
    rejected.try_emplace(rejection.index, rejection.field, rejection.reason);
  }
  for (const push::JsonSample& object : document.accepted) {
    bool whole = true;
    for (const core::Sample& sample : object.samples) {
      const bool late = sample.time && now.wall - *sample.time > kNewsAge;
      const auto rejection = intake_.Take(object.training_job, object.labels, sample, now,
                                          late ? core::Origin::kCatchUp : core::Origin::kLive, SampleSource::kHttp);
      if (!rejection) continue;
      whole = false;
      rejected.try_emplace(object.index, Field(*rejection, object.samples.size() > 1), Name(*rejection));
    }
    if (whole) ++accepted;
  }

  json::object answer{{"accepted", accepted}};
  if (!rejected.empty()) {
    json::array list;
    for (const auto& [index, rejection] : rejected) {
      list.push_back(json::object{{"index", index}, {"field", rejection.first}, {"reason", rejection.second}});
    }
    answer["rejected"] = std::move(list);
  }
  return Json(rejected.empty() ? 200 : accepted > 0 ? 207 : 400, json::serialize(answer));
}

http::Response Routes::GetJob(const std::string& job) {
  const core::Job* found = jobs_.Find(job);
  return found == nullptr ? NoSuchJob(job) : Json(200, exporter::JobJson(*found));
}

/// For the series that `?loss=NAME` asks for, else the training loss, else the job's first series.
http::Response Routes::Advise(const http::Request& request, const std::string& job) {
  const core::Job* found = jobs_.Find(job);
  if (found == nullptr) return NoSuchJob(job);
  std::string loss = found->series.contains(core::kTrainSeries) ? core::kTrainSeries : found->series.begin()->first;
  bool asked = false;
  for (std::string_view rest = request.query; !rest.empty();) {
    const std::string_view parameter = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(parameter.size() + 1, rest.size()));
    const std::string_view name = parameter.substr(0, parameter.find('='));
    if (name != "loss") return JsonError(400, "unknown parameter: " + std::string(name) + "; known: loss");
    if (std::exchange(asked, true)) return JsonError(400, "parameter given twice: loss");
    const auto value = http::PercentDecode(parameter.substr(std::min(name.size() + 1, parameter.size())));
    if (!value) return JsonError(400, "the name of the series is not percent-encoded correctly");
    loss = *value;
  }
  if (!found->series.contains(loss)) return JsonError(404, "no such series: " + loss);
  return Json(200, exporter::AdviceJson(*found, loss));
}

http::Response Routes::DeleteJob(const std::string& job) {
  if (!intake_.Remove(job)) return NoSuchJob(job);
  http::Response response;
  response.status = 204;
  return response;
}

http::Response Routes::FinishJob(const std::string& job) {
  if (!intake_.Finish(job, context_.now())) return NoSuchJob(job);
  return Json(200, json::serialize(json::object{{"finished", job}}));
}

http::Response Routes::Reload() {
  if (!options_.enable_lifecycle) return Text(403, "reloading over HTTP is off; --web.enable-lifecycle turns it on");
  std::string text;
  for (const std::string& error : context_.reload()) text += (text.empty() ? "" : "\n") + error;
  return text.empty() ? Text(200, "the configuration was reloaded") : Text(500, std::move(text));
}

http::Response Routes::Ready() {
  return context_.ready() ? Text(200, "lossd is ready.") : Text(503, "lossd is not ready.");
}

}  // namespace lossd::app
