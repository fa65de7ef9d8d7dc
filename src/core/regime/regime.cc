#include "core/regime/regime.h"

namespace lossd::core {

std::string_view Name(Regime regime) {
  switch (regime) {
    case Regime::kWarmingUp:
      return "warming_up";
    case Regime::kUndecided:
      return "undecided";
    case Regime::kHealthy:
      return "healthy";
    case Regime::kConverging:
      return "converging";
    case Regime::kPlateau:
      return "plateau";
    case Regime::kConstant:
      return "constant";
    case Regime::kDiverging:
      return "diverging";
    case Regime::kOverfitting:
      return "overfitting";
    case Regime::kOscillating:
      return "oscillating";
    case Regime::kNonFinite:
      return "non_finite";
    case Regime::kStalled:
      return "stalled";
  }
  return "";
}

std::string_view Name(NonFiniteKind kind) {
  switch (kind) {
    case NonFiniteKind::kNan:
      return "nan";
    case NonFiniteKind::kPosInf:
      return "+inf";
    case NonFiniteKind::kNegInf:
      return "-inf";
  }
  return "";
}

std::string_view Name(Event::Kind kind) {
  switch (kind) {
    case Event::Kind::kRegime:
      return "regime";
    case Event::Kind::kOutlier:
      return "outlier";
    case Event::Kind::kSpike:
      return "spike";
    case Event::Kind::kRestart:
      return "restart";
    case Event::Kind::kNonFinite:
      return "non_finite";
  }
  return "";
}

}  // namespace lossd::core
