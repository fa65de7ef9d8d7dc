#include "web/page_routes.h"

#include <algorithm>
#include <charconv>
#include <stdexcept>
#include <string>
#include <utility>

#include "export/history_json.h"
#include "export/overview.h"
#include "text/hash.h"
#include "web/json_answer.h"
#include "web/pages/assets.h"
#include "web/query.h"

namespace lossd::web {
namespace {

constexpr std::size_t kMaxRows = 1000;
/// Scripts and styles from here alone, none in the page itself; pictures also as the page makes them (a download).
constexpr std::string_view kPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; base-uri "
    "'none'; "
    "form-action 'self'; frame-ancestors 'none'";

std::string_view ContentTypeOf(std::string_view name) {
  if (name.ends_with(".js")) return "text/javascript; charset=utf-8";
  if (name.ends_with(".css")) return "text/css; charset=utf-8";
  return name.ends_with(".svg") ? "image/svg+xml" : "text/html; charset=utf-8";
}

void Replace(std::string& text, std::string_view what, std::string_view by) {
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size())
    text.replace(at, what.size(), by);
}

/// For a quoted attribute.
std::string Attribute(std::string_view text) {
  std::string escaped(text);
  Replace(escaped, "&", "&amp;");
  Replace(escaped, "\"", "&quot;");
  Replace(escaped, "<", "&lt;");
  return escaped;
}

bool ParseCount(std::string_view text, std::uint64_t& count) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

PageRoutes::PageRoutes(const core::JobTable& jobs, PageContext context)
    : jobs_(jobs), context_(std::move(context)), feed_(jobs) {
  AddFile("/", "overview.html");
  AddFile("/jobs/{job}", "job.html");
  AddFile("/compare", "compare.html");
  AddFile("/status", "status.html");
  for (const Asset& asset : Assets()) {
    if (!asset.name.ends_with(".html")) AddFile("/static/" + std::string(asset.name), asset.name);
  }
}

void PageRoutes::AddFile(const std::string& path, std::string_view name) {
  const Asset* asset = FindAsset(name);
  if (asset == nullptr) throw std::logic_error("not built in: " + std::string(name));
  File& file = files_[path];
  file.content_type = ContentTypeOf(name);
  file.body = asset->content;
  file.is_page = name.ends_with(".html");
  if (file.is_page) Replace(file.body, "@METRICS@", Attribute(context_.telemetry_path));
  char digits[17] = {};
  std::to_chars(digits, digits + 16, text::HashBytes(file.body), 16);
  file.etag = '"' + std::string(digits) + '"';
}

std::vector<http::Route> PageRoutes::All() {
  using http::Access;
  using http::Call;
  std::vector<http::Route> routes = {
      {"/api/v1/overview", {"GET"}, Access::kRead, [this](const Call& call) { return Overview(call.request); }},
      {"/api/v1/events", {"GET"}, Access::kRead, [this](const Call& call) { return Events(call.request); }},
      {"/api/v1/status",
       {"GET"},
       Access::kRead,
       [this](const Call&) { return Json(200, StatusJson(context_.status(), context_.now().wall)); }},
      {"/api/v1/jobs/{job}/history",
       {"GET"},
       Access::kRead,
       [this](const Call& call) { return History(call.request, call.parameters[0]); }},
  };
  for (const auto& [path, file] : files_) {
    routes.push_back(
        {path, {"GET"}, Access::kRead, [this, &sent = file](const Call& call) { return Send(call.request, sent); }});
  }
  return routes;
}

http::Response PageRoutes::Send(const http::Request& request, const File& file) const {
  http::Response response;
  response.headers.emplace_back("ETag", file.etag);
  response.headers.emplace_back("Cache-Control", "no-cache");
  if (file.is_page) {
    response.headers.emplace_back("Content-Security-Policy", kPolicy);
    response.headers.emplace_back("Referrer-Policy", "no-referrer");
  }
  response.content_type = file.content_type;
  if (request.header("if-none-match") == file.etag) {
    response.status = 304;
  } else {
    response.body = file.body;
  }
  return response;
}

http::Response PageRoutes::Events(const http::Request& request) {
  const auto parameters = ParseQuery(request.query);
  if (!parameters) return JsonError(400, "the query is not percent-encoded correctly");
  std::string job;
  for (const auto& [name, value] : *parameters) {
    if (name != "training_job") return JsonError(400, "unknown parameter: " + name + "; known: training_job");
    job = value;
  }
  http::Response response = Json(200, "");
  response.stream = feed_.Open(std::move(job));
  if (!response.stream) return JsonError(503, "too many pages are open");
  response.body.clear();
  response.content_type = "text/event-stream";
  return response;
}

http::Response PageRoutes::Overview(const http::Request& request) const {
  exporter::OverviewQuery query;
  const auto parameters = ParseQuery(request.query);
  if (!parameters) return JsonError(400, "the query is not percent-encoded correctly");
  for (const auto& [name, value] : *parameters) {
    std::uint64_t count = 0;
    if (name == "q") {
      query.text = value;
    } else if (name == "regime") {
      query.regimes.push_back(value);
    } else if (name == "state") {
      query.states.push_back(value);
    } else if (name == "sort") {
      const auto order = exporter::ParseOverviewOrder(value);
      if (!order) return JsonError(400, "sort: unknown order: " + value);
      query.order = *order;
    } else if (name == "order") {
      query.descending = value == "desc";
    } else if (name == "offset" || name == "limit") {
      if (!ParseCount(value, count)) return JsonError(400, name + ": want a number, got: " + value);
      (name == "limit" ? query.limit : query.offset) = name == "limit" ? std::min<std::size_t>(count, kMaxRows) : count;
    } else {
      return JsonError(400, "unknown parameter: " + name + "; known: q, regime, state, sort, order, offset, limit");
    }
  }
  return Json(200, exporter::OverviewJson(jobs_, query, context_.now().wall));
}

http::Response PageRoutes::History(const http::Request& request, const std::string& name) const {
  const core::Job* job = jobs_.Find(name);
  if (job == nullptr || job->series.empty()) return JsonError(404, "no such job: " + name);
  const auto parameters = ParseQuery(request.query);
  if (!parameters) return JsonError(400, "the query is not percent-encoded correctly");
  exporter::HistoryQuery query;
  for (const auto& [key, value] : *parameters) {
    std::uint64_t count = 0;
    if (key == "loss") {
      query.losses.push_back(value);
    } else if (key == "main") {
      query.losses.push_back(exporter::MainSeries(*job).first);
    } else if (key == "since" || key == "stride") {
      if (!ParseCount(value, count)) return JsonError(400, key + ": want a number, got: " + value);
      if (key == "since") query.since = count;
      if (key == "stride") query.stride = count;
    } else {
      return JsonError(400, "unknown parameter: " + key + "; known: loss, main, since, stride");
    }
  }
  for (const std::string& loss : query.losses) {
    if (!job->series.contains(loss)) return JsonError(404, "no such series: " + loss);
  }
  return Json(200, exporter::HistoryJson(*job, query, context_.now().wall));
}

}  // namespace lossd::web
