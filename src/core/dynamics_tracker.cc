#include "core/dynamics_tracker.h"

#include <cmath>

#include "core/state_codec.h"

namespace lossd::core {

DynamicsTracker::DynamicsTracker(std::size_t window) : losses_(window + 1), regression_(window) {}

Dynamics DynamicsTracker::update(double loss) {
  if (std::isfinite(loss)) {
    losses_.Push(loss);
    regression_.Update(losses_);
  }
  return dynamics();
}

Dynamics DynamicsTracker::dynamics() const { return {regression_.Slope(), regression_.SlopeChange()}; }

std::vector<double> DynamicsTracker::history() const {
  std::vector<double> losses(size());
  for (std::size_t age = 0; age < losses.size(); ++age) losses[losses.size() - 1 - age] = losses_.FromNewest(age);
  return losses;
}

void DynamicsTracker::reset() {
  losses_.Clear();
  regression_.Reset();
}

void DynamicsTracker::Save(StateWriter& out) const {
  losses_.Save(out, window() + 1);
  regression_.Save(out);
}

bool DynamicsTracker::Load(StateReader& in) {
  if (losses_.Load(in) && regression_.Load(in, losses_.size())) return true;
  reset();
  return false;
}

}  // namespace lossd::core
