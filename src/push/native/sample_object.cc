#include "push/native/sample_object.h"

#include <charconv>
#include <chrono>
#include <cmath>
#include <functional>
#include <set>
#include <string>

#include "text/closest_name.h"
#include "text/json_number.h"
#include "text/rfc3339.h"

namespace lossd::push {
namespace {

namespace ondemand = simdjson::ondemand;
using simdjson::error_code;

enum Key : unsigned { kJob, kName, kLoss, kLosses, kStep, kEpoch, kRate, kNorm, kLabels, kTimestamp, kUnknown };

constexpr std::pair<std::string_view, Key> kKeys[] = {
    {"training_job", kJob}, {"loss", kLoss}, {"step", kStep},      {"name", kName},     {"losses", kLosses},
    {"epoch", kEpoch},      {"lr", kRate},   {"grad_norm", kNorm}, {"labels", kLabels}, {"timestamp", kTimestamp},
};
/// Of the members that nobody knows, those that are looked at for a misspelt name.
constexpr std::size_t kMostUnknown = 8, kLongestUnknown = 32;

Key KeyOf(std::string_view key) {
  for (const auto& [name, value] : kKeys) {
    if (name == key) return value;
  }
  return kUnknown;
}

bool IsNull(ondemand::value& value) { return text::TrimJson(value.raw_json_token()) == "null"; }

/// Calls `visit(name, value)` for every member of a value that is an object.
template <typename Visit>
error_code ForEachMember(ondemand::value value, Visit visit) {
  ondemand::object object;
  if (const auto error = value.get_object().get(object)) return error;
  for (auto member : object) {
    ondemand::field field;
    if (const auto error = std::move(member).get(field)) return error;
    std::string_view name;
    if (const auto error = field.unescaped_key().get(name)) return error;
    if (const auto error = visit(name, field.value())) return error;
  }
  return simdjson::SUCCESS;
}

/// Walks over a value that nobody wants: an unknown member must be JSON, too.
error_code Check(ondemand::value value, std::size_t depth) {
  if (depth > kMaxJsonDepth) return simdjson::DEPTH_ERROR;
  const std::string_view token = text::TrimJson(value.raw_json_token());
  if (token.starts_with('[')) {
    ondemand::array array;
    if (const auto error = value.get_array().get(array)) return error;
    for (auto element : array) {
      ondemand::value inner;
      if (const auto error = element.get(inner)) return error;
      if (const auto error = Check(inner, depth + 1)) return error;
    }
  } else if (token.starts_with('{')) {
    return ForEachMember(value, [&](std::string_view, ondemand::value inner) { return Check(inner, depth + 1); });
  } else if (token.starts_with('"')) {
    std::string_view text;
    return value.get_string().get(text);
  } else if (token != "true" && token != "false" && token != "null" && !text::IsNumberToken(token)) {
    return simdjson::TAPE_ERROR;
  }
  return simdjson::SUCCESS;
}

}  // namespace

simdjson::error_code SampleObject::Read(Value value) {
  ondemand::json_type type;
  if (value.type().get(type) || type != ondemand::json_type::object) {
    Reject("", "not an object");
    return Check(value, 0);
  }
  const auto error = ForEachMember(value, [&](std::string_view name, Value member) { return Member(name, member); });
  if (!error && !fault_) Complete();
  return error;
}

void SampleObject::Reject(std::string_view field, std::string_view reason) {
  if (!fault_) fault_ = SampleFault{std::string(field), std::string(reason)};
}

simdjson::error_code SampleObject::Member(std::string_view name, Value value) {
  const Key key = KeyOf(name);
  if (key == kUnknown) {
    if (unknown_.size() < kMostUnknown && name.size() <= kLongestUnknown) unknown_.emplace_back(name);
    return Check(value, 0);
  }
  if ((seen_ & (1U << key)) != 0) Reject(name, "given twice");
  seen_ |= 1U << key;
  switch (key) {
    case kJob:
      return Text(name, value, sample_.training_job);
    case kName:
      return Text(name, value, name_);
    case kLoss:
      if (IsNull(value)) Reject(name, "is null");
      return Number(name, value, loss_);
    case kLosses:
      return Losses(name, value);
    case kStep:
      return Step(name, value);
    case kEpoch:
      return Finite(name, value, epoch_);
    case kRate:
      return Finite(name, value, learning_rate_);
    case kNorm:
      return Number(name, value, gradient_norm_);
    case kLabels:
      return Labels(name, value);
    case kTimestamp:
      return Time(name, value);
    case kUnknown:
      break;
  }
  return simdjson::SUCCESS;
}

/// A string, which must not be empty. null is as if the member were not there.
simdjson::error_code SampleObject::Text(std::string_view name, Value value, std::string& out) {
  if (IsNull(value)) return simdjson::SUCCESS;
  if (!value.raw_json_token().starts_with('"')) {
    Reject(name, "not a string");
    return Check(value, 0);
  }
  std::string_view text;
  if (const auto error = value.get_string().get(text)) return error;
  if (text.empty()) Reject(name, "empty");
  out = text;
  return simdjson::SUCCESS;
}

/// A number, or a string that spells one; may be non-finite. null leaves `out` empty.
simdjson::error_code SampleObject::Number(std::string_view name, Value value, std::optional<double>& out) {
  std::string_view text = text::TrimJson(value.raw_json_token());
  if (text == "null") return simdjson::SUCCESS;
  if (text.starts_with('"')) {
    if (const auto error = value.get_string().get(text)) return error;
  } else if (!text::IsNumberToken(text)) {
    Reject(name, "not a number");
    return Check(value, 0);
  }
  double number = 0;
  const std::errc error = text::ToDouble(text, number);
  if (error == std::errc()) {
    out = number;
  } else {
    Reject(name, error == std::errc::result_out_of_range ? "out of range" : "not a number");
  }
  return simdjson::SUCCESS;
}

simdjson::error_code SampleObject::Finite(std::string_view name, Value value, std::optional<double>& out) {
  const auto error = Number(name, value, out);
  if (out && !std::isfinite(*out)) Reject(name, "not finite");
  return error;
}

/// An integer of 64 bits; a float that is one, too, since some languages print no others.
simdjson::error_code SampleObject::Step(std::string_view name, Value value) {
  std::optional<double> number;
  const std::string_view token = text::TrimJson(value.raw_json_token());
  if (const auto error = Number(name, value, number)) return error;
  if (!number || fault_) return simdjson::SUCCESS;
  const std::string_view digits = token.starts_with('"') ? token.substr(1, token.size() - 2) : token;
  std::int64_t step = 0;
  const auto [end, status] = std::from_chars(digits.data(), digits.data() + digits.size(), step);
  if (status == std::errc() && end == digits.data() + digits.size()) {
    step_ = step;
    return simdjson::SUCCESS;
  }
  constexpr double kLimit = 0x1p63;
  if (std::nearbyint(*number) != *number || std::isinf(*number)) {
    Reject(name, "not an integer");
  } else if (*number < -kLimit || *number >= kLimit) {
    Reject(name, "out of range");
  } else {
    step_ = static_cast<std::int64_t>(*number);
  }
  return simdjson::SUCCESS;
}

simdjson::error_code SampleObject::Time(std::string_view name, Value value) {
  // RFC 3339 has colons, no number has.
  if (const std::string_view token = text::TrimJson(value.raw_json_token());
      token.starts_with('"') && token.find(':') != std::string_view::npos) {
    std::string_view text;
    if (const auto error = value.get_string().get(text)) return error;
    time_ = text::ParseRfc3339(text);
    if (!time_) Reject(name, "neither seconds since 1970 nor a time of RFC 3339");
    return simdjson::SUCCESS;
  }
  std::optional<double> seconds;
  if (const auto error = Finite(name, value, seconds)) return error;
  if (!seconds || fault_) return simdjson::SUCCESS;
  constexpr double kLimit = 9.2e9;  // of nanoseconds in 64 bits
  if (std::abs(*seconds) > kLimit) {
    Reject(name, "out of range: seconds since 1970 are expected");
  } else {
    // Apart, since a double of today's nanoseconds is only exact to 256 of them.
    const double whole = std::floor(*seconds);
    time_ = core::Timestamp(std::chrono::seconds(static_cast<std::int64_t>(whole)) +
                            std::chrono::nanoseconds(std::llround((*seconds - whole) * 1e9)));
  }
  return simdjson::SUCCESS;
}

/// Calls `visit(name, value)` for every member of an object; null has none.
template <typename Visit>
simdjson::error_code SampleObject::Members(std::string_view name, Value value, Visit visit) {
  if (IsNull(value)) return simdjson::SUCCESS;
  if (!value.raw_json_token().starts_with('{')) {
    Reject(name, "not an object");
    return Check(value, 0);
  }
  return ForEachMember(value, [&](std::string_view key, Value member) { return visit(std::string(key), member); });
}

simdjson::error_code SampleObject::Losses(std::string_view name, Value value) {
  std::set<std::string, std::less<>> known;
  return Members(name, value, [&](std::string series, ondemand::value member) {
    if (losses_.size() == kMostNames) {
      Reject(name, "more than " + std::to_string(kMostNames) + " names");
      return Check(member, 0);
    }
    const std::string path = std::string(name) + "." + series;
    if (series.empty()) Reject(path, "empty name");
    if (!known.insert(series).second) Reject(path, "given twice");
    if (IsNull(member)) Reject(path, "is null");
    std::optional<double> loss;
    const auto error = Number(path, member, loss);
    losses_.emplace_back(std::move(series), loss.value_or(0));
    return error;
  });
}

simdjson::error_code SampleObject::Labels(std::string_view name, Value value) {
  return Members(name, value, [&](std::string label, ondemand::value member) -> error_code {
    if (sample_.labels.size() == kMostNames) {
      Reject(name, "more than " + std::to_string(kMostNames) + " names");
      return Check(member, 0);
    }
    const std::string path = std::string(name) + "." + label;
    std::string text(text::TrimJson(member.raw_json_token()));
    if (text == "null") return simdjson::SUCCESS;
    if (text.starts_with('"')) {
      std::string_view unescaped;
      if (const auto error = member.get_string().get(unescaped)) return error;
      text = unescaped;
    } else if (!text::IsNumberToken(text)) {
      Reject(path, "not a string");
      return Check(member, 0);
    }
    if (!sample_.labels.emplace(std::move(label), std::move(text)).second) Reject(path, "given twice");
    return simdjson::SUCCESS;
  });
}

void SampleObject::RejectMissing(const std::string& name) {
  std::string reason = "missing";
  for (const std::string& unknown : unknown_) {
    const std::string wanted[] = {name};
    if (!text::ClosestName(unknown, wanted)) continue;
    reason += "; \"" + unknown + "\" is unknown (did you mean \"" + name + "\"?)";
    break;
  }
  Reject(name, reason);
}

std::vector<SampleFault> SampleObject::MisspeltMembers() const {
  std::vector<SampleFault> misspelt;
  if (unknown_.empty()) return misspelt;
  std::vector<std::string> absent;
  for (const auto& [name, key] : kKeys) {
    if ((seen_ & (1U << key)) == 0) absent.emplace_back(name);
  }
  for (const std::string& unknown : unknown_) {
    const std::string suggestion = text::Suggestion(unknown, absent);
    if (!suggestion.empty()) misspelt.push_back({unknown, "unknown" + suggestion});
  }
  return misspelt;
}

/// Every member was read: is it a sample?
void SampleObject::Complete() {
  if (sample_.training_job.empty()) sample_.training_job = job_;
  if (sample_.training_job.empty()) return RejectMissing("training_job");
  const bool has_losses = (seen_ & (1U << kLosses)) != 0 && !losses_.empty();
  if (loss_ && has_losses) return Reject("losses", "given together with loss");
  if (loss_) return Add(std::move(name_), *loss_);
  if (losses_.empty()) {
    if ((seen_ & (1U << kLosses)) != 0) return Reject("losses", "empty");
    return RejectMissing("loss");
  }
  sample_.samples.reserve(losses_.size());
  for (auto& [series, value] : losses_) Add(std::move(series), value);
}

void SampleObject::Add(std::string series, double value) {
  sample_.samples.push_back({.loss = std::move(series),
                             .value = value,
                             .step = step_,
                             .epoch = epoch_,
                             .learning_rate = learning_rate_,
                             .gradient_norm = gradient_norm_,
                             .time = time_});
}

}  // namespace lossd::push
