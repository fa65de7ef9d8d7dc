// What a file has told that is written anew as a whole whenever something is added to it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_set>

#include "core/sample.h"

namespace lossd::ingest {

/// Hugging Face's trainer_state.json holds the whole history, is rewritten with each save, and lies with another part
/// of the same history in each checkpoint's directory; Lightning's metrics.csv is rewritten as well. Of such files the
/// samples are remembered, by series, step and value, so that one that is told again is known. A sample without a step
/// cannot be known again. A new run that tells the same values at the same steps is taken for the old one as far as it
/// does.
class ToldSamples {
 public:
  /// Of more samples only the greatest step is remembered: what is not beyond it counts as told.
  static constexpr std::size_t kMost = 65536;

  /// Whether a file by this name may be rewritten whole: .json, .csv, .tsv, and MLflow's metrics.
  static bool Concern(std::string_view path);

  /// Goes on with what was saved, by this or another file of the job; "" at first.
  explicit ToldSamples(std::string saved = {});

  /// False: the sample was told before the file started over, or by the file that this goes on from.
  bool IsNews(const core::Sample& sample);
  /// The file is read from its head again.
  void StartOver();

  /// To be kept with the file's position. Its length grows with the number of samples.
  const std::string& saved() const { return saved_; }
  static bool IsSaved(std::string_view saved);

 private:
  std::string saved_;  ///< greatest step beyond kMost, then a hash for each sample; empty: none yet
  bool again_ = false;
  std::unordered_set<std::uint64_t> known_;  ///< only where again_
};

}  // namespace lossd::ingest
