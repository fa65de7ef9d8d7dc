// Which network of several a number is of.
#pragma once

#include <cstdint>
#include <string_view>

namespace lossd::records {

/// `actor` of `actor/grad_norm`, as a number: the network that a number under this name is of. 0 where the name tells
/// of none, or only of the run: `train/loss`, `optim/total_grad_norm`.
std::uint32_t ScopeOf(std::string_view name);

}  // namespace lossd::records
