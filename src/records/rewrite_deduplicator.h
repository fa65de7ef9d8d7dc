// What a file has told that is written anew as a whole whenever something is added to it.
#pragma once

#include <cstdint>
#include <string_view>
#include <unordered_set>

#include "core/sample.h"
#include "records/sample_fingerprints.h"

namespace lossd::records {

/// Hugging Face's trainer_state.json holds the whole history, is rewritten with each save, and lies with another part
/// of the same history in each checkpoint's directory; Lightning's metrics.csv is rewritten as well. Of such files the
/// samples are remembered, by series, step and value, so that one that is told again is known. A sample without a step
/// cannot be known again. A new run that tells the same values at the same steps is taken for the old one as far as it
/// does. Of more samples than SampleFingerprints::kMost only the greatest step is known: what is not beyond it counts
/// as told.
class RewriteDeduplicator {
 public:
  /// Whether a file by this name may be rewritten whole: .json, .csv, .tsv, and MLflow's metrics.
  static bool Concern(std::string_view path);

  /// Goes on with what this or another file of the job has told.
  explicit RewriteDeduplicator(SampleFingerprints memory = {});

  /// False: the sample was told before the file started over, or by the file that this goes on from.
  bool IsNews(const core::Sample& sample);
  /// The file is read from its head again.
  void StartOver();

  /// To be kept with the file's position.
  const SampleFingerprints& memory() const { return memory_; }

 private:
  SampleFingerprints memory_;
  bool again_ = false;
  std::unordered_set<std::uint64_t> known_;  ///< only where again_
};

}  // namespace lossd::records
