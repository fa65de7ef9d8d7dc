// What a path says about its log: labels and the job's name, by the source's regular expression.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "core/sample.h"

namespace re2 {
class RE2;
}

namespace lossd::sources {

/// The `path_regex` of a source, compiled. An empty or a bad one matches nothing.
class PathRule {
 public:
  explicit PathRule(const std::string& regex);
  ~PathRule();
  PathRule(PathRule&&) noexcept;

  /// That of the node's pod logs, see Preset.
  static PathRule ForPods();

  struct Result {
    std::string job;      ///< of the group `training_job`; "" where there is none
    core::Labels labels;  ///< of the other named groups that took part in the match and are not empty
  };
  /// The regex may match anywhere in the path. No match: an empty result.
  Result Apply(const std::string& path) const;

  /// What is wrong with a regex, or nothing.
  static std::optional<std::string> Check(const std::string& regex);

 private:
  std::unique_ptr<re2::RE2> regex_;
  bool job_is_pod_ = false;
};

}  // namespace lossd::sources
