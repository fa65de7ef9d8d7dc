#include "sources/files/path_rule.h"

#include <re2/re2.h>

#include <vector>

namespace lossd::sources {

namespace {

constexpr const char* kPodPath =
    R"((?:^|/)(?P<namespace>[a-z0-9-]+)_(?P<pod>[a-z0-9.-]+)_[0-9a-f-]{32,36}/(?P<container>[a-z0-9-]+)/(?P<restart>[0-9]+)\.log)";

}  // namespace

PathRule::PathRule(const std::string& regex) {
  if (regex.empty()) return;
  RE2::Options options;
  options.set_log_errors(false);
  regex_ = std::make_unique<RE2>(regex, options);
  if (!regex_->ok()) regex_.reset();
}

PathRule PathRule::ForPods() {
  PathRule rule(kPodPath);
  rule.job_is_pod_ = true;
  return rule;
}

PathRule::~PathRule() = default;
PathRule::PathRule(PathRule&&) noexcept = default;

PathRule::Result PathRule::Apply(const std::string& path) const {
  Result result;
  if (!regex_) return result;
  std::vector<re2::StringPiece> groups(static_cast<std::size_t>(regex_->NumberOfCapturingGroups()) + 1);
  if (!regex_->Match(path, 0, path.size(), RE2::UNANCHORED, groups.data(), static_cast<int>(groups.size())))
    return result;
  for (const auto& [name, group] : regex_->NamedCapturingGroups()) {
    const re2::StringPiece text = groups[static_cast<std::size_t>(group)];
    if (text.empty()) continue;
    std::string value(text.data(), text.size());
    if (name == "training_job") {
      result.job = std::move(value);
    } else {
      result.labels.emplace(name, std::move(value));
    }
  }
  // A pod's name is the job's, and a label as well: labels of the same name join with the metrics of other exporters.
  if (job_is_pod_) result.job = result.labels["pod"];
  return result;
}

std::optional<std::string> PathRule::Check(const std::string& regex) {
  RE2::Options options;
  options.set_log_errors(false);
  const RE2 compiled(regex, options);
  if (compiled.ok()) return std::nullopt;
  return compiled.error();
}

}  // namespace lossd::sources
