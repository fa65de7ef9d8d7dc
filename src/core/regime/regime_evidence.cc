#include "core/regime/regime_evidence.h"

#include <cmath>
#include <cstdarg>
#include <cstdio>

namespace lossd::core {
namespace {

[[gnu::format(printf, 1, 2)]] std::string Text(const char* format, ...) {
  char text[192];
  std::va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  return text;
}

const RegimeEvidence::Scale* Strongest(const RegimeEvidence& evidence) {
  const RegimeEvidence::Scale* strongest = nullptr;
  for (const RegimeEvidence::Scale& scale : evidence.scales) {
    if (scale.usable && (strongest == nullptr || std::abs(scale.z) > std::abs(strongest->z))) strongest = &scale;
  }
  return strongest;
}

std::string Trend(const RegimeEvidence::Scale& scale) {
  return Text("%s %.1f noise deviations over %zu samples; z = %.1f", scale.rise_deviations < 0 ? "fell" : "rose",
              std::abs(scale.rise_deviations), scale.window, scale.z);
}

double ErrorShare(const RegimeEvidence::LookBack& half) {
  return half.rise != 0 ? half.error * std::abs(half.share / half.rise) : 0;
}

std::string Fall(const RegimeEvidence::LookBack& half) {
  // Of more than the loss itself, as around zero, a share says nothing.
  if (std::abs(half.share) > 1) {
    return Text("%s by %.4g over %llu samples; z = %.1f", half.rise < 0 ? "fell" : "rose", std::abs(half.rise),
                static_cast<unsigned long long>(half.values), half.rank_z);
  }
  return Text("%s %.3g%% over %llu samples; z = %.1f", half.rise < 0 ? "fell" : "rose", 100 * std::abs(half.share),
              static_cast<unsigned long long>(half.values), half.rank_z);
}

}  // namespace

std::string Describe(const RegimeEvidence& evidence) {
  switch (evidence.regime) {
    case Regime::kNonFinite:
      return evidence.masked ? "the loss is exactly 0 and the gradient norm is not finite: a masked NaN"
                             : "the last sample is not finite";
    case Regime::kDiverging: {
      std::string why = Text("%.1f noise deviations above %.4g, proven %llu samples ago", evidence.risen_deviations,
                             evidence.risen_from, static_cast<unsigned long long>(evidence.risen_samples));
      const RegimeEvidence::Scale* strongest = Strongest(evidence);
      if (strongest != nullptr && strongest->z > 0) why += "; " + Trend(*strongest);
      if (evidence.gradients_grow) why += "; the gradient norm grows with it";
      return why;
    }
    case Regime::kConstant:
      return Text("the same value %llu times in a row", static_cast<unsigned long long>(evidence.equal_samples));
    case Regime::kOverfitting:
      return Text("%llu evaluations since the best one, %.4g above it, while the training loss does not rise",
                  static_cast<unsigned long long>(evidence.evaluations_since_best.value_or(0)),
                  evidence.risen_from_best);
    case Regime::kOscillating:
      return Text("swings by %.1f noise deviations with a period of %.3g samples", evidence.amplitude_deviations,
                  evidence.period_samples);
    case Regime::kPlateau:
      if (evidence.rate_frozen) return "the learning rate is practically zero: nothing moves";
      if (evidence.half.values == 0) return "stays within its last printed digit";
      return Text("moved by %+.2g%% over %llu samples, give or take %.2g%%", 100 * evidence.half.share,
                  static_cast<unsigned long long>(evidence.half.values), 100 * ErrorShare(evidence.half));
    case Regime::kConverging:
      return Fall(evidence.half) + Text("; slowing with t = %.1f", evidence.half.bend_t);
    case Regime::kHealthy:
      return Fall(evidence.half);
    case Regime::kStalled:
      return "no new sample";
    case Regime::kWarmingUp:
    case Regime::kUndecided:
      break;
  }
  const RegimeEvidence::Scale* strongest = Strongest(evidence);
  if (strongest == nullptr || evidence.noise <= 0) {
    return Text("%llu finite sample%s so far", static_cast<unsigned long long>(evidence.finite_samples),
                evidence.finite_samples == 1 ? "" : "s");
  }
  return "no trend proven; at most: " + Trend(*strongest);
}

}  // namespace lossd::core
