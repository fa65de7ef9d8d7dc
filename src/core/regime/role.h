// What a loss is to its training: how much weight its rises and falls have.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace lossd::core {

/// The names (see Name) are the values of the label `role` and of the configuration's key `role`.
enum class Role : std::uint8_t {
  kWhole,        ///< the loss that is minimised, or its evaluation: what it does may page
  kPart,         ///< a term of a loss (`loss_cls`, `aux_loss`): may rise while the whole falls, may be 0 by design
  kAverage,      ///< a running mean (`smooth_loss`, `avg_loss`): lags, and may begin at zero
  kAdversarial,  ///< of a GAN (`G_loss`, `d_real`): two players, no trend
  kPolicy,       ///< of reinforcement learning (`policy_loss`, `actor_loss`): the trend means little
  kReward,       ///< a reward or a score: higher is better
};
inline constexpr std::array<Role, 6> kRoles = {Role::kWhole,       Role::kPart,   Role::kAverage,
                                               Role::kAdversarial, Role::kPolicy, Role::kReward};

/// "whole", "part", "average", "adversarial", "policy", "reward".
std::string_view Name(Role role);

}  // namespace lossd::core
