// Scores our classifier and its rivals on labelled curves, in one run, and prints Markdown tables.
// usage: regimes_bench [CURVES_DIR [INJECTIONS]]
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "bench/rivals/rivals.h"

namespace lossd::bench {
namespace {

constexpr std::size_t kAllInjections = 1000;  // every healthy run that is long enough
// Rivals are re-tuned to our own rate of false alarms, or to what is asked of us where ours is below that.
constexpr double kAskedDivergence = 0.2, kAskedPlateau = 1;

// The least of a geometric series of thresholds at which a rival raises no more false alarms than `rate`.
double Retune(const Rival& rival, const std::vector<Curve>& curves, double rate) {
  double threshold = rival.standard;
  for (int i = 0; i < 24; ++i, threshold *= 1.4) {
    const Score score = Evaluate(rival.make(threshold), curves, 0);
    if ((rival.calls == core::Regime::kPlateau ? score.false_plateau : score.false_divergence).per_10k() <= rate) break;
  }
  return threshold;
}

void Cell(const Recall& recall) {
  std::printf(" %zu/%zu", recall.delays.size(), recall.all);
  recall.delays.empty() ? std::printf(", - |") : std::printf(", %.0f |", recall.median_delay());
}

void DivergenceRow(const std::string& name, const Score& score) {
  std::printf("| %s | %.2f | %.2f | %.2f |", name.c_str(), score.false_divergence.per_10k(), score.lr_driven.per_10k(),
              score.trendless.per_10k());
  Cell(score.divergence);
  for (const Injection injection : {Injection::kBlowup, Injection::kDrift5, Injection::kDrift2}) {
    Cell(score.injected[static_cast<std::size_t>(injection)]);
  }
  std::printf("\n");
  std::fflush(stdout);
}

void PlateauRow(const std::string& name, const Score& score) {
  std::size_t held = 0;
  for (const auto& [share, run] : score.plateau_shares) held += share >= 0.5 ? 1 : 0;
  std::printf("| %s | %.2f | %zu/%zu |", name.c_str(), score.false_plateau.per_10k(), held,
              score.plateau_shares.size());
  Cell(score.injected[static_cast<std::size_t>(Injection::kFlat)]);
  std::printf("\n");
  std::fflush(stdout);
}

int Main(const std::string& folder, std::size_t injections) {
  std::string error;
  const std::vector<Curve> curves = LoadCurves(folder, error);
  if (curves.empty()) {
    std::fprintf(stderr, "regimes_bench: %s\n", error.c_str());
    return 1;
  }
  const Score ours = Evaluate(Classify, curves, injections);

  std::printf(
      "False alarms are entries per 10,000 samples; the other cells are recall and median delay in samples.\n\n");
  std::printf("| divergence | false | rate restarted | no trend | real | blow-up | drift 5 | drift 2 |\n");
  std::printf("|---|---|---|---|---|---|---|---|\n");
  DivergenceRow("**lossd**", ours);
  for (const Rival& rival : DivergenceRivals()) {
    DivergenceRow(rival.name, Evaluate(rival.make(rival.standard), curves, injections));
    const double threshold = Retune(rival, curves, std::max(kAskedDivergence, ours.false_divergence.per_10k()));
    char text[64];
    std::snprintf(text, sizeof text, ", at %.3g", threshold);
    DivergenceRow("&nbsp;&nbsp;re-tuned" + std::string(text), Evaluate(rival.make(threshold), curves, injections));
  }

  std::printf("\n| plateau | false | held for half of its span | flat |\n|---|---|---|---|\n");
  PlateauRow("**lossd**", ours);
  for (const Rival& rival : PlateauRivals()) {
    PlateauRow(rival.name, Evaluate(rival.make(rival.standard), curves, injections));
    const double threshold = Retune(rival, curves, std::max(kAskedPlateau, ours.false_plateau.per_10k()));
    char text[64];
    std::snprintf(text, sizeof text, ", at %.3g", threshold);
    PlateauRow("&nbsp;&nbsp;re-tuned" + std::string(text), Evaluate(rival.make(threshold), curves, injections));
  }
  return 0;
}

}  // namespace
}  // namespace lossd::bench

int main(int argc, char** argv) {
  if (argc > 3) {
    std::fprintf(stderr, "usage: regimes_bench [CURVES_DIR [INJECTIONS]]\n");
    return 2;
  }
  return lossd::bench::Main(argc > 1 ? argv[1] : "../shared/curves",
                            argc > 2 ? static_cast<std::size_t>(std::atoi(argv[2])) : lossd::bench::kAllInjections);
}
