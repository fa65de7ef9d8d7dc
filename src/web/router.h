// Finds the route that a request is meant for.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "http/route.h"

namespace lossd::web {

/// Knows the routes of all protocols and pages. An unknown path is answered with 404, a method that a path does not
/// take with 405 and Allow, a path that is not percent-encoded correctly with 400.
class Router {
 public:
  /// Of two routes that fit a path and a method the one that was added first answers.
  void Add(std::vector<http::Route> routes);

  /// As http::AsyncHandler.
  std::optional<http::Response> Handle(const http::Request& request,
                                       std::function<void(http::Response)> later = {}) const;

  /// As http::BodyPolicy.
  bool TakesIncoming(const http::Request& head) const;

  /// What a request needs; kRead where no route takes it.
  http::Access AccessFor(const http::Request& head) const;

 private:
  struct Entry {
    http::Route route;
    std::vector<std::string> segments;  ///< of its path
  };
  const http::Route* Find(const http::Request& head) const;

  std::vector<Entry> entries_;
};

}  // namespace lossd::web
