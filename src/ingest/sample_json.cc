#include "ingest/sample_json.h"

#include <simdjson.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <optional>
#include <utility>

namespace lossd::ingest {
namespace {

namespace ondemand = simdjson::ondemand;
using simdjson::error_code;

constexpr std::size_t kMaxDepth = 64;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::string_view kBlank = " \t\r\n";

/// What keeps one object from being a sample. The JSON around it is sound, so that reading goes on.
struct Fault {
  std::string field;
  std::string reason;
};

std::string_view Trim(std::string_view text) {
  const auto first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

bool SkipDigits(std::string_view& text) {
  const auto end = std::min(text.find_first_not_of("0123456789"), text.size());
  text.remove_prefix(end);
  return end > 0;
}

/// A number by the grammar of JSON, or one of the three tokens that Python's json and JavaScript's parsers know beside
/// it.
bool IsNumberToken(std::string_view token) {
  if (token == "NaN" || token == "Infinity" || token == "-Infinity") return true;
  if (token.starts_with('-')) token.remove_prefix(1);
  const bool zero = token.starts_with('0');
  const std::size_t digits = token.size();
  if (!SkipDigits(token) || (zero && digits - token.size() > 1)) return false;
  if (token.starts_with('.')) {
    token.remove_prefix(1);
    if (!SkipDigits(token)) return false;
  }
  if (token.starts_with('e') || token.starts_with('E')) {
    token.remove_prefix(1);
    if (token.starts_with('+') || token.starts_with('-')) token.remove_prefix(1);
    if (!SkipDigits(token)) return false;
  }
  return token.empty();
}

/// Any spelling that a program prints a number in: "2.31", "+1e-3", "nan", "-Infinity".
std::errc ToDouble(std::string_view text, double& number) {
  text = Trim(text);
  if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
  // from_chars knows "nan(...)", which nobody prints.
  if (text.empty() || text.back() == ')') return std::errc::invalid_argument;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  return stop == end ? error : std::errc::invalid_argument;
}

/// Reads one object. An error is returned where the text is not JSON; what is JSON but no sample leaves a fault, the
/// first of them, and is read to its end all the same.
class ObjectReader {
 public:
  error_code Read(ondemand::value value) {
    ondemand::json_type type;
    if (value.type().get(type) || type != ondemand::json_type::object) {
      Reject("", "not an object");
      return Check(value, 0);
    }
    ondemand::object object;
    if (const auto error = value.get_object().get(object)) return error;
    for (auto member : object) {
      ondemand::field field;
      if (const auto error = std::move(member).get(field)) return error;
      std::string_view key;
      if (const auto error = field.unescaped_key().get(key)) return error;
      if (const auto error = Member(key, field.value())) return error;
    }
    if (!fault_) Complete();
    return simdjson::SUCCESS;
  }

  const std::optional<Fault>& fault() const { return fault_; }
  JsonSample Take() { return std::move(sample_); }

 private:
  enum Key : unsigned { kJob, kName, kLoss, kLosses, kStep, kEpoch, kRate, kNorm, kLabels, kTimestamp, kUnknown };

  static Key KeyOf(std::string_view key) {
    constexpr std::pair<std::string_view, Key> kKeys[] = {
        {"training_job", kJob}, {"loss", kLoss}, {"step", kStep},      {"name", kName},     {"losses", kLosses},
        {"epoch", kEpoch},      {"lr", kRate},   {"grad_norm", kNorm}, {"labels", kLabels}, {"timestamp", kTimestamp},
    };
    for (const auto& [name, value] : kKeys) {
      if (name == key) return value;
    }
    return kUnknown;
  }

  void Reject(std::string_view field, std::string_view reason) {
    if (!fault_) fault_ = Fault{std::string(field), std::string(reason)};
  }

  error_code Member(std::string_view name, ondemand::value value) {
    const Key key = KeyOf(name);
    if (key == kUnknown) return Check(value, 0);
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

  static bool IsNull(ondemand::value& value) { return Trim(value.raw_json_token()) == "null"; }

  /// A string, which must not be empty. null is as if the member were not there.
  error_code Text(std::string_view name, ondemand::value value, std::string& out) {
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
  error_code Number(std::string_view name, ondemand::value value, std::optional<double>& out) {
    std::string_view text = Trim(value.raw_json_token());
    if (text == "null") return simdjson::SUCCESS;
    if (text.starts_with('"')) {
      if (const auto error = value.get_string().get(text)) return error;
    } else if (!IsNumberToken(text)) {
      Reject(name, "not a number");
      return Check(value, 0);
    }
    double number = 0;
    const std::errc error = ToDouble(text, number);
    if (error == std::errc()) {
      out = number;
    } else {
      Reject(name, error == std::errc::result_out_of_range ? "out of range" : "not a number");
    }
    return simdjson::SUCCESS;
  }

  error_code Finite(std::string_view name, ondemand::value value, std::optional<double>& out) {
    const auto error = Number(name, value, out);
    if (out && !std::isfinite(*out)) Reject(name, "not finite");
    return error;
  }

  /// An integer of 64 bits; a float that is one, too, since some languages print no others.
  error_code Step(std::string_view name, ondemand::value value) {
    std::optional<double> number;
    const std::string_view token = Trim(value.raw_json_token());
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

  error_code Time(std::string_view name, ondemand::value value) {
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

  /// Calls `take(name, value)` for every member, with the name as "outer.name".
  template <typename Take>
  error_code Members(std::string_view name, ondemand::value value, Take take) {
    if (IsNull(value)) return simdjson::SUCCESS;
    if (!value.raw_json_token().starts_with('{')) {
      Reject(name, "not an object");
      return Check(value, 0);
    }
    ondemand::object object;
    if (const auto error = value.get_object().get(object)) return error;
    for (auto member : object) {
      ondemand::field field;
      if (const auto error = std::move(member).get(field)) return error;
      std::string_view key;
      if (const auto error = field.unescaped_key().get(key)) return error;
      if (const auto error = take(std::string(key), field.value())) return error;
    }
    return simdjson::SUCCESS;
  }

  error_code Losses(std::string_view name, ondemand::value value) {
    return Members(name, value, [&](std::string series, ondemand::value member) {
      const std::string path = std::string(name) + "." + series;
      if (series.empty()) Reject(path, "empty name");
      for (const auto& [other, unused] : losses_) {
        if (other == series) Reject(path, "given twice");
      }
      if (IsNull(member)) Reject(path, "is null");
      std::optional<double> loss;
      const auto error = Number(path, member, loss);
      losses_.emplace_back(std::move(series), loss.value_or(0));
      return error;
    });
  }

  error_code Labels(std::string_view name, ondemand::value value) {
    return Members(name, value, [&](std::string label, ondemand::value member) -> error_code {
      const std::string path = std::string(name) + "." + label;
      std::string text(Trim(member.raw_json_token()));
      if (text == "null") return simdjson::SUCCESS;
      if (text.starts_with('"')) {
        std::string_view unescaped;
        if (const auto error = member.get_string().get(unescaped)) return error;
        text = unescaped;
      } else if (!IsNumberToken(text)) {
        Reject(path, "not a string");
        return Check(member, 0);
      }
      if (!sample_.labels.emplace(std::move(label), std::move(text)).second) Reject(path, "given twice");
      return simdjson::SUCCESS;
    });
  }

  /// Walks over a value that nobody wants: an unknown member must be JSON, too.
  error_code Check(ondemand::value value, std::size_t depth) {
    if (depth > kMaxDepth) return simdjson::DEPTH_ERROR;
    const std::string_view token = Trim(value.raw_json_token());
    if (token.starts_with('[')) {
      ondemand::array array;
      if (const auto error = value.get_array().get(array)) return error;
      for (auto element : array) {
        ondemand::value inner;
        if (const auto error = element.get(inner)) return error;
        if (const auto error = Check(inner, depth + 1)) return error;
      }
    } else if (token.starts_with('{')) {
      ondemand::object object;
      if (const auto error = value.get_object().get(object)) return error;
      for (auto member : object) {
        ondemand::field field;
        if (const auto error = std::move(member).get(field)) return error;
        std::string_view key;
        if (const auto error = field.unescaped_key().get(key)) return error;
        if (const auto error = Check(field.value(), depth + 1)) return error;
      }
    } else if (token.starts_with('"')) {
      std::string_view text;
      return value.get_string().get(text);
    } else if (token != "true" && token != "false" && token != "null" && !IsNumberToken(token)) {
      return simdjson::TAPE_ERROR;
    }
    return simdjson::SUCCESS;
  }

  /// Every member was read: is it a sample?
  void Complete() {
    if (sample_.training_job.empty()) return Reject("training_job", "missing");
    const bool has_losses = (seen_ & (1U << kLosses)) != 0 && !losses_.empty();
    if (loss_ && has_losses) return Reject("losses", "given together with loss");
    if (loss_) losses_.emplace_back(name_, *loss_);
    if (losses_.empty()) {
      if ((seen_ & (1U << kLosses)) != 0) return Reject("losses", "empty");
      return Reject("loss", "missing");
    }
    sample_.samples.reserve(losses_.size());
    for (auto& [series, value] : losses_) {
      core::Sample& sample = sample_.samples.emplace_back();
      sample.loss = std::move(series);
      sample.value = value;
      sample.step = step_;
      sample.epoch = epoch_;
      sample.learning_rate = learning_rate_;
      sample.gradient_norm = gradient_norm_;
      sample.time = time_;
    }
  }

  std::optional<Fault> fault_;
  JsonSample sample_;
  unsigned seen_ = 0;  ///< bits of Key
  std::string name_ = core::kTrainSeries;
  std::vector<std::pair<std::string, double>> losses_;
  std::optional<double> loss_, epoch_, learning_rate_, gradient_norm_;
  std::optional<std::int64_t> step_;
  std::optional<core::Timestamp> time_;
};

/// Reads the documents of one body into a SampleDocument.
class BodyReader {
 public:
  explicit BodyReader(std::string_view body) : body_(body) {}

  SampleDocument Read() {
    const std::string_view bytes = body_;
    std::string_view text = Trim(bytes.substr(bytes.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0));
    if (text.empty()) {
      Reject(0, "", "empty body");
    } else if (text.front() == '[') {
      ReadArray(text);
    } else if (IsBalanced(text.substr(0, text.find('\n'))) || !ReadWhole(text)) {
      ReadLines(text);
    }
    return std::move(result_);
  }

 private:
  /// Whether brackets and quotes close on the line on which they opened.
  static bool IsBalanced(std::string_view line) {
    std::size_t depth = 0;
    bool quoted = false;
    for (std::size_t i = 0; i < line.size(); ++i) {
      const char c = line[i];
      if (quoted) {
        if (c == '\\') ++i;
        quoted = c != '"';
      } else if (c == '"') {
        quoted = true;
      } else if (c == '{' || c == '[') {
        ++depth;
      } else if (c == '}' || c == ']') {
        if (depth-- == 0) return true;  // broken, but not by a line that goes on
      }
    }
    return depth == 0 && !quoted;
  }

  void Reject(std::size_t index, std::string field, std::string reason) {
    result_.rejected.push_back({index, std::move(field), std::move(reason)});
  }

  void RejectText(std::size_t index, error_code error, ondemand::document* document, std::string_view text) {
    if (error == simdjson::UTF8_ERROR) return Reject(index, "", "not UTF-8");
    if (error == simdjson::DEPTH_ERROR) {
      return Reject(index, "", "nested deeper than " + std::to_string(kMaxDepth));
    }
    const char* at = text.data() + text.size();
    if (const char* location = nullptr; document != nullptr &&
                                        error != simdjson::INCOMPLETE_ARRAY_OR_OBJECT &&  // missing at the end, that is
                                        document->current_location().get(location) == simdjson::SUCCESS) {
      at = std::clamp(location, text.data(), at);
    }
    Reject(index, "", "not JSON at byte " + std::to_string(at - body_.data()));
  }

  void Keep(std::size_t index, ObjectReader& reader) {
    if (reader.fault()) return Reject(index, reader.fault()->field, reader.fault()->reason);
    result_.accepted.push_back(reader.Take());
    result_.accepted.back().index = index;
  }

  simdjson::padded_string_view Padded(std::string_view text) const {
    const auto offset = static_cast<std::size_t>(text.data() - body_.data());
    return simdjson::padded_string_view(text, body_.size() - offset + simdjson::SIMDJSON_PADDING);
  }

  /// One object that is the whole text. With `report` unset, text that is not JSON leaves no rejection.
  bool ReadObject(std::string_view text, std::size_t index, bool report) {
    ondemand::document document;
    ondemand::value value;
    error_code error = parser_.iterate(Padded(text)).get(document);
    const bool scanned = error == simdjson::SUCCESS;
    if (scanned) error = document.get_value().get(value);
    ObjectReader reader;
    if (error == simdjson::SCALAR_DOCUMENT_AS_VALUE && IsScalar(text)) {
      Reject(index, "", "not an object");
      return true;
    }
    if (error == simdjson::SUCCESS) error = reader.Read(value);
    if (const char* rest = nullptr;
        error == simdjson::SUCCESS && document.current_location().get(rest) == simdjson::SUCCESS) {
      error = simdjson::TRAILING_CONTENT;
    }
    if (error == simdjson::SUCCESS) {
      Keep(index, reader);
      return true;
    }
    if (report) RejectText(index, error, scanned ? &document : nullptr, text);
    return false;
  }

  static bool IsScalar(std::string_view text) {
    return text.front() == '"' || text == "true" || text == "false" || text == "null" || IsNumberToken(text);
  }

  /// A document that spans lines. False where the lines are to be read one by one.
  bool ReadWhole(std::string_view text) {
    if (ReadObject(text, 0, false)) return true;
    for (auto rest = text; !rest.empty();) {
      const std::string_view line = CutLine(rest);
      if (line.data() != text.data() && line.starts_with('{') && IsBalanced(line)) return false;
    }
    ReadObject(text, 0, true);
    return true;
  }

  static std::string_view CutLine(std::string_view& rest) {
    const auto end = rest.find('\n');
    const auto line = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    return Trim(line);
  }

  void ReadLines(std::string_view text) {
    for (std::size_t index = 0; !text.empty();) {
      const std::string_view line = CutLine(text);
      if (!line.empty()) ReadObject(line, index++, true);
    }
  }

  void ReadArray(std::string_view text) {
    ondemand::document document;
    ondemand::array array;
    std::size_t index = 0;
    error_code error = parser_.iterate(Padded(text)).get(document);
    const bool scanned = error == simdjson::SUCCESS;
    if (scanned) error = document.get_array().get(array);
    if (error == simdjson::SUCCESS) {
      for (auto element : array) {
        ondemand::value value;
        ObjectReader reader;
        if ((error = element.get(value)) || (error = reader.Read(value))) break;
        Keep(index++, reader);
      }
    }
    if (const char* rest = nullptr;
        error == simdjson::SUCCESS && document.current_location().get(rest) == simdjson::SUCCESS) {
      error = simdjson::TRAILING_CONTENT;
    }
    if (error == simdjson::SUCCESS) return;
    // Half of a damaged document is not what the sender meant.
    result_ = {};
    RejectText(index, error, scanned ? &document : nullptr, text);
  }

  simdjson::padded_string body_;
  ondemand::parser parser_;
  SampleDocument result_;
};

}  // namespace

SampleDocument ParseSamples(std::string_view body) { return BodyReader(body).Read(); }

}  // namespace lossd::ingest
