// The task that the demo trainer learns: to tell the interleaved arms of noisy spirals apart.
#pragma once

#include <cstddef>
#include <random>

#include "demo/mlp.h"

namespace lossd::demo {

inline constexpr std::size_t kSpiralArms = 3;

/// `per_arm` points of each arm, arm after arm. The noise makes the arms overlap, so that the loss has a floor above
/// zero.
Batch MakeSpirals(std::size_t per_arm, std::mt19937_64& random);

}  // namespace lossd::demo
