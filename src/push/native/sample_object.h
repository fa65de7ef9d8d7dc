// One JSON object of the native protocol -> a sample. Seen only by those who include simdjson anyway.
#pragma once

#include <simdjson.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "push/native/sample_json.h"

namespace lossd::push {

/// What keeps one object from being a sample. The JSON around it is sound, so that reading goes on.
struct SampleFault {
  std::string field;
  std::string reason;
};

/// Arrays and objects inside each other, beyond which a text is refused.
inline constexpr std::size_t kMaxJsonDepth = 64;

/// Members of `losses` and of `labels`, beyond which an object is refused while it is read: a job's own limits come
/// later, when all that is wanted of it is at hand.
inline constexpr std::size_t kMostNames = 1024;

/// Reads one value that should be a sample. A value object: one for each.
class SampleObject {
 public:
  /// `job`: of an object that names none; "": such an object is no sample. It must outlive this.
  explicit SampleObject(std::string_view job = {}) : job_(job) {}

  /// An error where the text is not JSON; what is JSON but no sample leaves a fault, the first of several, and is read
  /// to its end.
  simdjson::error_code Read(simdjson::ondemand::value value);

  const std::optional<SampleFault>& fault() const { return fault_; }
  /// What was read, without a fault.
  JsonSample Take() { return std::move(sample_); }
  /// Unknown members whose names are near those of known ones that are not there: probably meant.
  std::vector<SampleFault> MisspeltMembers() const;

 private:
  using Value = simdjson::ondemand::value;
  using Error = simdjson::error_code;

  void Reject(std::string_view field, std::string_view reason);
  Error Member(std::string_view name, Value value);
  Error Text(std::string_view name, Value value, std::string& out);
  Error Number(std::string_view name, Value value, std::optional<double>& out);
  Error Finite(std::string_view name, Value value, std::optional<double>& out);
  Error Step(std::string_view name, Value value);
  Error Time(std::string_view name, Value value);
  Error Losses(std::string_view name, Value value);
  Error Labels(std::string_view name, Value value);
  template <typename Visit>
  Error Members(std::string_view name, Value value, Visit visit);
  void Complete();
  void Add(std::string series, double value);
  void RejectMissing(const std::string& name);

  std::string_view job_;
  std::optional<SampleFault> fault_;
  JsonSample sample_;
  unsigned seen_ = 0;                 ///< a bit for each known member
  std::vector<std::string> unknown_;  ///< the first members that are not
  std::string name_ = core::kTrainSeries;
  std::vector<std::pair<std::string, double>> losses_;
  std::optional<double> loss_, epoch_, learning_rate_, gradient_norm_;
  std::optional<std::int64_t> step_;
  std::optional<core::Timestamp> time_;
};

}  // namespace lossd::push
