// The filters by which MLflow's clients search runs, as far as scripts of training use them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "push/mlflow/tracking_store.h"

namespace lossd::push {

struct RunCondition {
  enum class Of : std::uint8_t { kTag, kParam, kAttribute } of = Of::kAttribute;
  std::string key, value;
  bool equal = true;
};

/// `tags.x = 'a' AND params."y" != 'b' and attributes.run_name = 'c'`. "" is no condition. The error names what is not
/// taken: numbers, LIKE, IN, other comparisons.
MlflowResult<std::vector<RunCondition>> ParseRunFilter(std::string_view filter);

bool Matches(const MlflowRun& run, const std::vector<RunCondition>& conditions);

}  // namespace lossd::push
