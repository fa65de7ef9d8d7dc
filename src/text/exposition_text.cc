#include "text/exposition_text.h"

#include <algorithm>
#include <map>

#include "text/characters.h"
#include "text/json_number.h"

namespace lossd::text {
namespace {

using std::string_view;

bool IsNameByte(char c, bool first) {
  return c == '_' || c == ':' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (!first && c >= '0' && c <= '9');
}

bool IsSpace(char c) { return c == ' ' || c == '\t'; }

class PageParser {
 public:
  PageParser(string_view page, std::vector<ExpositionSample>& samples) : rest_(page), samples_(samples) {}

  std::optional<ExpositionError> Run() {
    while (!rest_.empty()) {
      ++number_;
      const std::size_t end = rest_.find('\n');
      line_ = rest_.substr(0, end);
      rest_ = end == string_view::npos ? string_view() : rest_.substr(end + 1);
      if (line_.ends_with('\r')) line_.remove_suffix(1);
      SkipSpace();
      const bool sound = line_.empty() || (line_.front() == '#' ? Comment() : Line());
      if (!sound) return ExpositionError{number_, error_};
    }
    return std::nullopt;
  }

 private:
  bool Fail(std::string reason) {
    error_ = std::move(reason);
    return false;
  }

  void SkipSpace() {
    while (!line_.empty() && IsSpace(line_.front())) line_.remove_prefix(1);
  }

  /// The bytes up to the next blank.
  string_view Word() {
    const auto end = std::find_if(line_.begin(), line_.end(), IsSpace);
    const string_view word = line_.substr(0, static_cast<std::size_t>(end - line_.begin()));
    line_.remove_prefix(word.size());
    SkipSpace();
    return word;
  }

  bool Comment() {
    line_.remove_prefix(1);
    SkipSpace();
    if (Word() != "TYPE") return true;
    const string_view name = Word(), type = Word();
    if (!IsMetricName(name)) return Fail("invalid metric name in a TYPE line");
    MetricType meaning = MetricType::kUntyped;
    if (type == "gauge") {
      meaning = MetricType::kGauge;
    } else if (type == "counter") {
      meaning = MetricType::kCounter;
    } else if (type == "histogram" || type == "summary" || type == "gaugehistogram") {
      meaning = MetricType::kPart;
    } else if (type != "untyped" && type != "unknown" && type != "info" && type != "stateset") {
      return Fail("unknown metric type \"" + std::string(type) + "\"");
    }
    if (!types_.emplace(name, meaning).second) return Fail("second TYPE line for " + std::string(name));
    return true;
  }

  bool Line() {
    std::size_t length = 0;
    while (length < line_.size() && IsNameByte(line_[length], length == 0)) ++length;
    if (length == 0) return Fail("a line does not begin with a metric name");
    ExpositionSample sample;
    sample.name = line_.substr(0, length);
    line_.remove_prefix(length);
    SkipSpace();
    if (line_.starts_with('{') && !LabelSet(sample)) return false;
    SkipSpace();
    const string_view value = Word();
    if (value.empty()) return Fail(sample.name + " has no value");
    if (ToDouble(value, sample.value) != std::errc())
      return Fail("no number: \"" + std::string(value.substr(0, 64)) + '"');
    if (!line_.empty() && line_.front() != '#') {
      double timestamp = 0;
      if (ToDouble(Word(), timestamp) != std::errc()) return Fail("no timestamp behind the value of " + sample.name);
      sample.has_timestamp = true;
    }
    if (!line_.empty() && line_.front() != '#') return Fail("something follows the value of " + sample.name);
    sample.type = TypeOf(sample.name);
    samples_.push_back(std::move(sample));
    return true;
  }

  MetricType TypeOf(string_view name) const {
    if (const auto found = types_.find(name); found != types_.end()) return found->second;
    for (const string_view suffix : {"_total", "_sum", "_count", "_bucket", "_created"}) {
      if (!name.ends_with(suffix)) continue;
      const auto found = types_.find(name.substr(0, name.size() - suffix.size()));
      if (found == types_.end()) continue;
      if (suffix == "_created") return MetricType::kPart;
      if (found->second == MetricType::kPart || suffix == "_total") return found->second;
    }
    return MetricType::kUntyped;
  }

  bool LabelSet(ExpositionSample& sample) {
    line_.remove_prefix(1);
    for (;;) {
      SkipSpace();
      if (line_.starts_with('}')) break;
      std::size_t length = 0;
      while (length < line_.size() && IsNameByte(line_[length], length == 0)) ++length;
      const std::string name(line_.substr(0, length));
      if (name.empty() || name.find(':') != std::string::npos) return Fail("invalid label name of " + sample.name);
      line_.remove_prefix(length);
      SkipSpace();
      if (!line_.starts_with('=')) return Fail("no '=' behind the label " + name);
      line_.remove_prefix(1);
      SkipSpace();
      std::string value;
      if (!Quoted(value)) return Fail("the value of the label " + name + " does not stand in quotes");
      for (const auto& [other, unused] : sample.labels) {
        if (other == name) return Fail("the label " + name + " is given twice");
      }
      sample.labels.emplace_back(name, std::move(value));
      SkipSpace();
      if (line_.starts_with(',')) {
        line_.remove_prefix(1);
      } else if (!line_.starts_with('}')) {
        return Fail("neither ',' nor '}' behind the label " + name);
      }
    }
    line_.remove_prefix(1);
    return true;
  }

  bool Quoted(std::string& value) {
    if (!line_.starts_with('"')) return false;
    for (std::size_t i = 1; i < line_.size(); ++i) {
      if (line_[i] == '"') {
        line_.remove_prefix(i + 1);
        return true;
      }
      if (line_[i] == '\\' && i + 1 < line_.size()) {
        ++i;
        value += line_[i] == 'n' ? '\n' : line_[i];
      } else {
        value += line_[i];
      }
    }
    return false;
  }

  string_view rest_, line_;
  std::size_t number_ = 0;
  std::vector<ExpositionSample>& samples_;
  std::map<std::string, MetricType, std::less<>> types_;
  std::string error_;
};

}  // namespace

bool IsMetricName(string_view name) {
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (!IsNameByte(name[i], i == 0)) return false;
  }
  return !name.empty();
}

std::optional<ExpositionError> ParseExposition(string_view page, std::vector<ExpositionSample>& samples) {
  return PageParser(page, samples).Run();
}

}  // namespace lossd::text
