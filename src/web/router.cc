#include "web/router.h"

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <utility>

namespace lossd::web {
namespace {

std::vector<std::string> Segments(std::string_view path) {
  std::vector<std::string> segments;
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    segments.emplace_back(path.substr(begin, end - begin));
    begin = end + 1;
  }
  return segments;
}

bool IsParameter(std::string_view segment) { return segment.starts_with('{') && segment.ends_with('}'); }
bool TakesRest(std::string_view segment) { return IsParameter(segment) && segment.ends_with("...}"); }

/// What stands for the parameters of `route`, still encoded; nothing where the path is not of that form.
std::optional<std::vector<std::string>> Match(const std::vector<std::string>& route,
                                              const std::vector<std::string>& path) {
  std::vector<std::string> parameters;
  for (std::size_t i = 0; i < route.size(); ++i) {
    if (i >= path.size()) return std::nullopt;
    if (TakesRest(route[i])) {
      std::string rest = path[i];
      for (std::size_t k = i + 1; k < path.size(); ++k) rest += '/' + path[k];
      if (rest.empty()) return std::nullopt;
      parameters.push_back(std::move(rest));
      return parameters;
    }
    if (IsParameter(route[i])) {
      if (path[i].empty()) return std::nullopt;
      parameters.push_back(path[i]);
    } else if (route[i] != path[i]) {
      return std::nullopt;
    }
  }
  if (path.size() != route.size()) return std::nullopt;
  return parameters;
}

bool Takes(const http::Route& route, std::string_view method) {
  if (method == "HEAD") method = "GET";
  return std::ranges::find(route.methods, method) != route.methods.end();
}

http::Response Text(unsigned status, std::string text) {
  http::Response response;
  response.status = status;
  response.body = std::move(text) + '\n';
  return response;
}

}  // namespace

void Router::Add(std::vector<http::Route> routes) {
  for (http::Route& route : routes) {
    std::vector<std::string> segments = Segments(route.path);
    entries_.push_back({std::move(route), std::move(segments)});
  }
}

std::optional<http::Response> Router::Handle(const http::Request& request,
                                             std::function<void(http::Response)> later) const {
  const std::vector<std::string> path = Segments(request.path);
  std::string allow;
  for (const Entry& entry : entries_) {
    auto parameters = Match(entry.segments, path);
    if (!parameters) continue;
    if (Takes(entry.route, request.method)) {
      for (std::string& parameter : *parameters) {
        auto decoded = http::PercentDecode(parameter);
        if (!decoded) return Text(400, "the path is not percent-encoded correctly: " + parameter);
        parameter = *std::move(decoded);
      }
      return entry.route.handle({request, *std::move(parameters), std::move(later)});
    }
    for (const std::string_view method : entry.route.methods) {
      allow += (allow.empty() ? "" : ", ") + std::string(method);
      if (method == "GET") allow += ", HEAD";
    }
  }
  if (allow.empty()) return Text(404, "no such page: " + request.path);
  http::Response response = Text(405, request.method + " is not allowed here; allowed: " + allow);
  response.headers.emplace_back("Allow", allow);
  return response;
}

const http::Route* Router::Find(const http::Request& head) const {
  const std::vector<std::string> path = Segments(head.path);
  const auto found = std::ranges::find_if(
      entries_, [&](const Entry& entry) { return Takes(entry.route, head.method) && Match(entry.segments, path); });
  return found == entries_.end() ? nullptr : &found->route;
}

bool Router::TakesIncoming(const http::Request& head) const {
  const http::Route* const route = Find(head);
  return route != nullptr && route->takes_incoming && route->takes_incoming(head);
}

http::Access Router::AccessFor(const http::Request& head) const {
  const http::Route* const route = Find(head);
  return route == nullptr ? http::Access::kRead : route->access;
}

}  // namespace lossd::web
