#include "readers/log/formats/object_scanner.h"

#include <algorithm>
#include <array>
#include <optional>

#include "text/characters.h"

namespace lossd::readers {
namespace {

using std::string_view;

constexpr std::size_t kNone = string_view::npos;
constexpr int kMaxDepth = 4;

class ObjectScanner {
 public:
  ObjectScanner(string_view line, std::size_t at, records::Phase phase, records::Fields& fields)
      : line_(line), at_(at), phase_(phase), fields_(fields) {}

  /// At a `{`. Leaves at_ behind the matching `}` and returns true, or returns false where the text ends or is no
  /// object.
  bool Object(string_view group, int depth) {
    const std::size_t first_field = fields_.all.size();
    string_view metric;
    ++at_;
    while (true) {
      SkipBlanks();
      if (Done()) return false;
      if (line_[at_] == '}') {
        ++at_;
        break;
      }
      if (line_[at_] == ',') {
        ++at_;
        continue;
      }
      const auto key = String();
      if (!key) return false;
      SkipBlanks();
      if (Done() || line_[at_] != ':') return false;
      ++at_;
      SkipBlanks();
      if (Done()) return false;
      if (!Value(*key, group, depth, metric)) return false;
    }
    if (!metric.empty()) NameAfterMetric(first_field, metric);
    ApplyPhase(first_field);
    return true;
  }

  std::size_t at() const { return at_; }

 private:
  bool Done() const { return at_ >= line_.size(); }
  void SkipBlanks() {
    while (!Done() && text::IsBlank(line_[at_])) ++at_;
  }

  /// The text between a pair of quotes; nothing where there is none or it is cut off.
  std::optional<string_view> String() {
    const char quote = line_[at_];
    if (quote != '"' && quote != '\'') return std::nullopt;
    const std::size_t begin = ++at_;
    while (!Done() && line_[at_] != quote) at_ += line_[at_] == '\\' ? 2 : 1;
    if (Done()) return std::nullopt;
    return line_.substr(begin, at_++ - begin);
  }

  bool Value(string_view key, string_view group, int depth, string_view& metric) {
    const char c = line_[at_];
    if (c == '{') {
      if (depth >= kMaxDepth) return Skip();
      return Object(key, depth + 1);
    }
    if (c == '[' || c == '(') return List(key, group);
    if (c == '"' || c == '\'') {
      const std::size_t begin = at_ + 1;
      const auto text = String();
      if (!text) return false;
      if (records::PhaseOf(*text) != records::Phase::kUnsaid && SaysPhase(key)) {
        phase_ = records::PhaseOf(*text);
      } else if (key == "name" && records::MeaningOf(*text).role == records::Role::kLoss) {
        metric = *text;
      } else if (key == "key" || key == "metric" || key == "metric_name" || key == "tag") {
        metric = *text;
      }
      if (text->size() <= 40) Add(key, group, *text, begin);
      return true;
    }
    const std::size_t begin = at_;
    const std::size_t end = BareEnd();
    if (end == kNone) return false;
    at_ = end;
    string_view text = line_.substr(begin, end - begin);
    while (!text.empty() && text::IsBlank(text.back())) text.remove_suffix(1);
    Add(key, group, Unwrapped(text), begin);
    return true;
  }

  /// `"mode": "val"`, `"name": "validation"`.
  static bool SaysPhase(string_view key) {
    constexpr std::array kKeys = {string_view("mode"),  string_view("phase"),  string_view("split"),
                                  string_view("stage"), string_view("name"),   string_view("type"),
                                  string_view("event"), string_view("subset"), string_view("set")};
    return std::find(kKeys.begin(), kKeys.end(), key) != kKeys.end();
  }

  /// `1.25` of `tensor(1.25, device='cuda:0')`, `np.float32(1.25)`.
  static string_view Unwrapped(string_view text) {
    if (text.empty() || !text::IsLetter(text[0])) return text;
    const std::size_t open = text.find('(');
    if (open == kNone) return text;
    text.remove_prefix(open + 1);
    return text.substr(0, text.find_first_of(",)"));
  }

  /// The end of a value that is neither quoted nor bracketed; nothing where the line ends before it does.
  std::size_t BareEnd() const {
    int open = 0;
    for (std::size_t i = at_; i < line_.size(); ++i) {
      const char c = line_[i];
      if (c == '(') ++open;
      if (c == ')') --open;
      if (open == 0 && (c == ',' || c == '}' || c == ']')) return i;
      if (c == '{' || c == '"') return kNone;
    }
    return kNone;
  }

  bool List(string_view key, string_view group) {
    const std::size_t begin = at_ + 1;
    if (!Skip()) return false;
    string_view text = line_.substr(begin, at_ - 1 - begin);
    if (text.size() <= 40) Add(key, group, text, begin);
    return true;
  }

  /// Skips a bracketed value with all that is in it.
  bool Skip() {
    int depth = 0;
    while (!Done()) {
      const char c = line_[at_];
      if (c == '"' || c == '\'') {
        if (!String()) return false;
        continue;
      }
      ++at_;
      if (c == '{' || c == '[' || c == '(') ++depth;
      if ((c == '}' || c == ']' || c == ')') && --depth == 0) return true;
    }
    return false;
  }

  void Add(string_view key, string_view group, string_view text, std::size_t at) {
    const auto number = text::ScanNumber(text);
    if (!number) return;
    records::Field field;
    field.name = key;
    field.group = group;
    field.number = *number;
    field.at = static_cast<std::uint32_t>(at);
    field.begin = static_cast<std::uint32_t>(key.data() - line_.data());
    field.phase = phase_;
    field.joint = ':';
    string_view rest = text.substr(number->length);
    if (!rest.empty() && rest.front() == '/' && number->integral) {
      const auto total = text::ScanNumber(rest.substr(1));
      if (total && total->integral && total->length + 1 == rest.size()) {
        field.total = total->value;
        rest = {};
      }
    }
    if (!rest.empty()) return;
    fields_.all.push_back(field);
  }

  void NameAfterMetric(std::size_t first_field, string_view metric) {
    for (std::size_t i = first_field; i < fields_.all.size(); ++i) {
      records::Field& field = fields_.all[i];
      if (field.name == "value" || field.name == "val") field.name = metric;
    }
  }

  /// A member that says the phase may come behind the numbers.
  void ApplyPhase(std::size_t first_field) {
    for (std::size_t i = first_field; i < fields_.all.size(); ++i) fields_.all[i].phase = phase_;
  }

  string_view line_;
  std::size_t at_;
  records::Phase phase_;
  records::Fields& fields_;
};

}  // namespace

std::size_t ScanObject(std::string_view line, std::size_t begin, records::Phase phase, std::string_view group,
                       records::Fields& fields) {
  std::size_t first = begin + 1;
  while (first < line.size() && text::IsBlank(line[first])) ++first;
  if (first >= line.size() || (line[first] != '"' && line[first] != '\'')) return begin;
  const std::size_t before = fields.all.size();
  ObjectScanner scanner(line, begin, phase, fields);
  const bool whole = scanner.Object(group, 0);
  if (!whole && fields.all.size() == before) return begin;
  fields.structure = line[first] == '"' ? records::Structure::kJson : records::Structure::kPythonDict;
  return scanner.at() < line.size() ? scanner.at() : line.size();
}

}  // namespace lossd::readers
