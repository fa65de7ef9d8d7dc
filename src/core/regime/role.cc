#include "core/regime/role.h"

namespace lossd::core {

std::string_view Name(Role role) {
  switch (role) {
    case Role::kWhole:
      return "whole";
    case Role::kPart:
      return "part";
    case Role::kAverage:
      return "average";
    case Role::kAdversarial:
      return "adversarial";
    case Role::kPolicy:
      return "policy";
    case Role::kReward:
      return "reward";
  }
  return "";
}

}  // namespace lossd::core
