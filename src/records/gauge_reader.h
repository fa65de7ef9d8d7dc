// The gauges of one trainer, as they stand at one moment -> samples: what a pushed group, a scrape or an OTLP export
// says.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/sample.h"
#include "records/reader_options.h"

namespace lossd::records {

struct Gauge {
  std::string name;
  std::vector<std::pair<std::string, std::string>> labels;  ///< sorted by name
  double value = 0;

  bool operator==(const Gauge&) const = default;
};

/// Whether a metric of that name may be one that GaugeReader reads: its last words are those of a loss, a step, an
/// epoch, a learning rate or a gradient norm.
bool MayTell(std::string_view name, const ReaderOptions& options);

/// Reads names with the vocabulary of logs. A namespace that stands before both a loss and a counter (`myapp_loss`,
/// `myapp_step`) is no part of a name, and `_total` ends a counter. Of a label whose value is a phase (`split="eval"`)
/// the loss is one of that phase; of several ranks the lowest counts; other labels tell series of one name apart.
///
/// A gauge keeps its value until it is set again, so that a snapshot holds old values beside new ones. A training loss
/// is a sample where the step has moved, any other loss where it has changed as well; without a step, each where its
/// value has changed. One that is no longer finite is a sample in any case.
class GaugeReader {
 public:
  explicit GaugeReader(ReaderOptions options = {}) : options_(std::move(options)) {}

  /// The samples that are new in this snapshot.
  std::vector<core::Sample> Read(const std::vector<Gauge>& snapshot);
  /// All samples of a snapshot whose values are known to be those of its step.
  std::vector<core::Sample> ReadAll(const std::vector<Gauge>& snapshot);

  /// What was told last, as text, and such text back: a reader that goes on after a restart. Anything else than what
  /// Save gave is taken as far as it makes sense.
  std::string Save() const;
  void Load(std::string_view saved);

 private:
  struct Last {
    std::optional<std::int64_t> step;
    double value = 0;
  };
  std::vector<core::Sample> Losses(const std::vector<Gauge>& snapshot) const;
  bool IsNew(const core::Sample& sample);
  void Remember(const core::Sample& sample);

  ReaderOptions options_;
  std::map<std::string, Last, std::less<>> last_;  ///< by series
};

}  // namespace lossd::records
