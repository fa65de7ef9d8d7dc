#include "web/routes.h"

#include <algorithm>
#include <boost/json.hpp>
#include <chrono>
#include <memory>
#include <utility>

#include "export/job_json.h"
#include "export/metrics_page.h"
#include "web/json_answer.h"
#include "web/openapi.h"

namespace lossd::web {
namespace {

namespace json = boost::json;

http::Response Text(unsigned status, std::string text) {
  http::Response response;
  response.status = status;
  response.body = std::move(text) + '\n';
  return response;
}

constexpr std::size_t kReasonBytes = 300;

/// What a sender says of the end of a job.
struct SaidEnd {
  std::optional<core::FailureReport> failure;
  std::string error;  ///< why it says nothing, if so
};

/// `body`: empty, or an object with `state` ("ended" or "failed") and `reason`, which is the name of a failure or
/// anything else, the name of an exception for one.
SaidEnd ReadEnd(std::string_view body) {
  if (body.find_first_not_of(" \t\r\n") == std::string_view::npos) return {};
  boost::system::error_code error;
  const json::value parsed = json::parse(body, error);
  if (error || !parsed.is_object()) return {{}, "the body is no JSON object"};
  std::string state = "ended", reason;
  for (const auto& [name, value] : parsed.get_object()) {
    if (name != "state" && name != "reason")
      return {{}, "unknown field: " + std::string(name) + "; known: state, reason"};
    if (!value.is_string()) return {{}, std::string(name) + " is no text"};
    (name == "state" ? state : reason) = std::string_view(value.get_string());
  }
  if (state == "ended") return {};
  if (state != "failed") return {{}, "unknown state: " + state + "; known: ended, failed"};
  for (const core::Failure known : core::kFailures) {
    if (core::Name(known) == reason) return {core::FailureReport{known, {}, ""}, ""};
  }
  return {core::FailureReport{core::Failure::kException, {}, reason.substr(0, kReasonBytes)}, ""};
}

http::Response NoSuchJob(const std::string& job) { return JsonError(404, "no such job: " + job); }

/// A page that is made while it is taken.
class MetricsStream : public http::BodyStream {
 public:
  /// `shared` and `context` must outlive the stream.
  MetricsStream(exporter::PagePieces pieces, exporter::SharedPieces& shared, const RouteContext& context)
      : pieces_(std::move(pieces)), shared_(shared), context_(context) {
    shared_.Begin();
  }
  ~MetricsStream() override { shared_.End(); }

  Next Pull(std::string& piece) override {
    const auto begin = context_.now().steady;
    const bool more = shared_.Next(pieces_, piece, begin);
    spent_ += context_.now().steady - begin;
    if (more) return Next::kMore;
    context_.scraped(std::chrono::duration<double>(spent_).count());
    return Next::kEnd;
  }

 private:
  exporter::PagePieces pieces_;
  exporter::SharedPieces& shared_;
  const RouteContext& context_;
  std::chrono::nanoseconds spent_{0};  ///< on making it, without the client's pauses
};

}  // namespace

Routes::Routes(RouteOptions options, const core::JobTable& jobs, core::SampleSink& sink, RouteContext context)
    : options_(std::move(options)), jobs_(jobs), sink_(sink), context_(std::move(context)) {}

std::vector<http::Route> Routes::All() {
  using http::Access;
  using http::Call;
  return {
      {options_.telemetry_path, {"GET"}, Access::kRead, [this](const Call& call) { return Metrics(call.request); }},
      {"/api/v1/jobs", {"GET"}, Access::kRead, [this](const Call&) { return Json(200, exporter::JobListJson(jobs_)); }},
      {"/api/v1/jobs/{job}", {"GET"}, Access::kRead, [this](const Call& call) { return GetJob(call.parameters[0]); }},
      {"/api/v1/jobs/{job}",
       {"DELETE"},
       Access::kIngest,
       [this](const Call& call) { return DeleteJob(call.parameters[0]); }},
      {"/api/v1/jobs/{job}/finish",
       {"POST"},
       Access::kIngest,
       [this](const Call& call) { return FinishJob(call.request, call.parameters[0]); }},
      {"/api/v1/jobs/{job}/advice",
       {"GET"},
       Access::kRead,
       [this](const Call& call) { return Advise(call.request, call.parameters[0]); }},
      {"/api/v1/openapi.json",
       {"GET"},
       Access::kRead,
       [](const Call&) { return Json(200, std::string(OpenApiDocument())); }},
      {"/-/healthy", {"GET"}, Access::kRead, [](const Call&) { return Text(200, "lossd is healthy."); }},
      {"/-/ready", {"GET"}, Access::kRead, [this](const Call&) { return Ready(); }},
      {"/-/reload", {"POST", "PUT"}, Access::kAdminister, [this](const Call&) { return Reload(); }},
  };
}

http::Response Routes::Metrics(const http::Request& request) {
  const auto begin = context_.now().steady;
  const exporter::TextFormat format = exporter::NegotiateFormat(request.header("accept"));
  http::Response response;
  response.content_type = exporter::ContentType(format);
  if (exporter::IsLargePage(jobs_)) {
    response.stream = std::make_shared<MetricsStream>(
        exporter::PagePieces(jobs_, context_.parts, format, context_.left_out(), pieces_.known()), pieces_, context_);
    return response;
  }
  response.body = exporter::RenderMetrics(jobs_, context_.parts, format, context_.left_out());
  context_.scraped(std::chrono::duration<double>(context_.now().steady - begin).count());
  return response;
}

http::Response Routes::GetJob(const std::string& job) {
  const core::Job* found = jobs_.Find(job);
  return found == nullptr ? NoSuchJob(job) : Json(200, exporter::JobJson(*found));
}

/// For the series that `?loss=NAME` asks for, else the training loss, else the job's first series.
http::Response Routes::Advise(const http::Request& request, const std::string& job) {
  const core::Job* found = jobs_.Find(job);
  if (found == nullptr) return NoSuchJob(job);
  if (found->series.empty()) return JsonError(404, "no series yet: " + job);
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
  if (!sink_.Remove(job)) return NoSuchJob(job);
  http::Response response;
  response.status = 204;
  return response;
}

http::Response Routes::FinishJob(const http::Request& request, const std::string& job) {
  const SaidEnd end = ReadEnd(request.body);
  if (!end.error.empty()) return JsonError(400, end.error);
  const bool known = end.failure ? sink_.Fail(job, *end.failure, context_.now()) : sink_.Finish(job, context_.now());
  if (!known) return NoSuchJob(job);
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

}  // namespace lossd::web
