// What a user may say about the records of a log: patterns and names of his own.
#pragma once

#include <string>
#include <vector>

#include "core/sample.h"

namespace lossd::records {

/// A pattern of the user's own: RE2 with named groups `loss`, `step`, `epoch`, `lr`, `grad_norm`; any other group is a
/// label.
struct PatternOptions {
  std::string regex;
  std::string series = core::kTrainSeries;  ///< name of the series that `loss` belongs to
  bool operator==(const PatternOptions&) const = default;
};

struct ReaderOptions {
  std::vector<PatternOptions> patterns;  ///< where given, only these are tried
  /// Names of the user's own for the fields of a record (`loss`, `eval_loss`, `step`, `epoch`, `lr`, `grad_norm`);
  /// empty: detect.
  std::string loss_key, eval_loss_key, step_key, epoch_key, learning_rate_key, gradient_norm_key;
  std::vector<std::string> metric_keys;  ///< fields that are no losses, to follow as series of their own: `reward`
  /// The log's path: MLflow's file store names a metric by its file alone.
  std::string path_hint;
  bool operator==(const ReaderOptions&) const = default;
};

}  // namespace lossd::records
