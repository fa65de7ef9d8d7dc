#include "core/regime/verdict_hold.h"

#include <algorithm>

#include "core/state_codec.h"

namespace lossd::core {
namespace {

bool IsNothing(Regime regime) { return regime == Regime::kWarmingUp || regime == Regime::kUndecided; }
bool IsGood(Regime regime) { return regime == Regime::kHealthy || regime == Regime::kConverging; }

}  // namespace

bool VerdictHold::Settle(Regime judged, std::uint64_t count, bool turned) {
  ++age_;
  if (judged == regime_) {
    candidate_ = regime_;
    candidate_age_ = 0;
    return false;
  }
  // Of the two shades of good each stands for the other while it is waited for what follows both.
  candidate_age_ = judged == candidate_ ? candidate_age_ + 1 : 1;
  candidate_ = judged;
  return candidate_age_ >= Needed(regime_, judged, count, turned) && Enter(judged);
}

std::uint64_t VerdictHold::Needed(Regime from, Regime to, std::uint64_t count, bool turned) {
  if (IsGood(from) && IsGood(to)) return std::max<std::uint64_t>(64, count / 2);
  // That nothing new is seen is no news: what was proven stands for as long again, unless the near past speaks against.
  if (IsGood(from) && IsNothing(to))
    return turned ? std::max<std::uint64_t>(24, count / 2) : std::max<std::uint64_t>(64, count);
  if (to == Regime::kOscillating) return 8;
  if (from == Regime::kOscillating && (IsGood(to) || IsNothing(to) || to == Regime::kPlateau)) return 16;
  if (from == Regime::kPlateau && IsNothing(to)) return std::max<std::uint64_t>(16, count / 2);
  if (from == Regime::kPlateau && IsGood(to)) return std::max<std::uint64_t>(16, count / 8);
  if (from == Regime::kUndecided && IsGood(to)) return std::max<std::uint64_t>(1, count / 32);
  return 1;
}

bool VerdictHold::Enter(Regime regime) {
  const bool changed = regime != regime_;
  if (changed) age_ = 0;
  regime_ = candidate_ = regime;
  candidate_age_ = 0;
  return changed;
}

void VerdictHold::Save(StateWriter& out) const {
  out.U64(static_cast<std::uint64_t>(regime_));
  out.U64(static_cast<std::uint64_t>(candidate_));
  out.U64(candidate_age_);
  out.U64(age_);
}

bool VerdictHold::Load(StateReader& in) {
  const std::uint64_t regime = in.U64(), candidate = in.U64();
  if (regime >= kRegimeCount || candidate >= kRegimeCount) in.Fail();
  regime_ = static_cast<Regime>(regime % kRegimeCount);
  candidate_ = static_cast<Regime>(candidate % kRegimeCount);
  candidate_age_ = in.U64();
  age_ = in.U64();
  if (!in.ok()) *this = VerdictHold();
  return in.ok();
}

}  // namespace lossd::core
