// Scores our classifier and its rivals on labelled curves, in one run, and prints Markdown tables.
// usage: regimes_bench [CURVES_DIR [INJECTIONS]]
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "bench/rivals/rivals.h"

namespace lossd::bench {
namespace {

constexpr std::size_t kAllInjections = 1000;  // every healthy run that is long enough
// Rivals are re-tuned to our own rate of false alarms, or to what is asked of us where ours is below that.
constexpr double kAskedDivergence = 0.2, kAskedPlateau = 1, kAskedSpike = 1;

using FalseAlarms = Rate Score::*;

// The most sensitive threshold, to 6%, at which a rival raises no more false alarms than `rate`; also below its own
// standard. Rates hardly ever fall and rise again with the threshold, so that a walk up finds it.
double Retune(const Rival& rival, const std::vector<Curve>& curves, FalseAlarms alarms, double rate) {
  const auto quiet = [&](double threshold) {
    return (Evaluate(rival.make(threshold), curves, 0).*alarms).per_10k() <= rate;
  };
  constexpr double kStride = 1.6;
  double threshold = rival.standard;
  if (quiet(threshold)) {
    for (int i = 0; i < 12 && quiet(threshold / kStride); ++i) threshold /= kStride;
  } else {
    for (int i = 0; i < 24 && !quiet(threshold); ++i) threshold *= kStride;
  }
  double loud = threshold / kStride;
  for (int i = 0; i < 3; ++i) {
    const double middle = std::sqrt(loud * threshold);
    (quiet(middle) ? threshold : loud) = middle;
  }
  return threshold;
}

std::string Retuned(double threshold) {
  char text[64];
  std::snprintf(text, sizeof text, "&nbsp;&nbsp;re-tuned, at %.3g", threshold);
  return text;
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

void SpikeRow(const std::string& name, const Score& score) {
  std::printf("| %s | %.2f |", name.c_str(), score.false_spike.per_10k());
  Cell(score.spikes);
  Cell(score.injected[static_cast<std::size_t>(Injection::kSpike)]);
  const Recall& outliers = score.injected[static_cast<std::size_t>(Injection::kOutlier)];
  std::printf(" %zu/%zu |\n", outliers.delays.size(), outliers.all);
  std::fflush(stdout);
}

// Our row, then two for each rival: at its own threshold, and re-tuned to our rate of false alarms.
void Table(const std::vector<Rival>& rivals, const std::vector<Curve>& curves, std::size_t injections,
           const Score& ours, FalseAlarms alarms, double asked, void (*row)(const std::string&, const Score&)) {
  row("**lossd**", ours);
  for (const Rival& rival : rivals) {
    row(rival.name, Evaluate(rival.make(rival.standard), curves, injections));
    if (rival.variant) continue;
    const double threshold = Retune(rival, curves, alarms, std::max(asked, (ours.*alarms).per_10k()));
    row(Retuned(threshold), Evaluate(rival.make(threshold), curves, injections));
  }
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
  Table(DivergenceRivals(), curves, injections, ours, &Score::false_divergence, kAskedDivergence, DivergenceRow);
  std::printf("\n| spike | false | real | injected | lone outlier left alone |\n|---|---|---|---|---|\n");
  Table(SpikeRivals(), curves, injections, ours, &Score::false_spike, kAskedSpike, SpikeRow);
  std::printf("\n| plateau | false | held for half of its span | flat |\n|---|---|---|---|\n");
  Table(PlateauRivals(), curves, injections, ours, &Score::false_plateau, kAskedPlateau, PlateauRow);
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
