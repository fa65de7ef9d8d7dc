#include "push/mlflow/run_filter.h"

#include <algorithm>
#include <cctype>
#include <optional>
#include <utility>

namespace lossd::push {
namespace {

class FilterParser {
 public:
  explicit FilterParser(std::string_view rest) : rest_(rest) {}

  std::optional<std::vector<RunCondition>> Run() {
    std::vector<RunCondition> conditions;
    SkipSpace();
    if (rest_.empty()) return conditions;
    for (;;) {
      RunCondition condition;
      if (!Side(condition) || !Comparison(condition) || !Quoted(condition.value)) return std::nullopt;
      conditions.push_back(std::move(condition));
      SkipSpace();
      if (rest_.empty()) return conditions;
      if (!And()) return std::nullopt;
    }
  }

 private:
  void SkipSpace() {
    while (!rest_.empty() && std::isspace(static_cast<unsigned char>(rest_.front())) != 0) rest_.remove_prefix(1);
  }

  std::string Word() {
    std::size_t length = 0;
    while (length < rest_.size() && (std::isalnum(static_cast<unsigned char>(rest_[length])) != 0 ||
                                     rest_[length] == '_' || rest_[length] == '.' || rest_[length] == '/')) {
      ++length;
    }
    std::string word(rest_.substr(0, length));
    rest_.remove_prefix(length);
    return word;
  }

  bool Quoted(std::string& text) {
    SkipSpace();
    if (rest_.empty() || (rest_[0] != '\'' && rest_[0] != '"' && rest_[0] != '`')) return false;
    const std::size_t end = rest_.find(rest_[0], 1);
    if (end == std::string_view::npos) return false;
    text = rest_.substr(1, end - 1);
    rest_.remove_prefix(end + 1);
    return true;
  }

  bool Side(RunCondition& condition) {
    SkipSpace();
    std::string word = Word();
    const std::size_t dot = word.find('.');
    const std::string kind = word.substr(0, dot);
    if (kind == "tags" || kind == "tag") {
      condition.of = RunCondition::Of::kTag;
    } else if (kind == "params" || kind == "param" || kind == "parameters" || kind == "parameter") {
      condition.of = RunCondition::Of::kParam;
    } else if (dot == std::string::npos) {
      condition.key = word;
      return !word.empty();
    } else if (kind != "attributes" && kind != "attribute" && kind != "attr" && kind != "run") {
      return false;
    }
    condition.key = dot == std::string::npos ? "" : word.substr(dot + 1);
    return !condition.key.empty() || Quoted(condition.key);
  }

  bool Comparison(RunCondition& condition) {
    SkipSpace();
    condition.equal = rest_.starts_with('=');
    if (!condition.equal && !rest_.starts_with("!=")) return false;
    rest_.remove_prefix(condition.equal ? 1 : 2);
    return true;
  }

  bool And() {
    const std::string word = Word();
    return word == "AND" || word == "and" || word == "And";
  }

  std::string_view rest_;
};

const std::string* ValueOf(const MlflowRun& run, const RunCondition& condition) {
  if (condition.of != RunCondition::Of::kAttribute) {
    const auto& values = condition.of == RunCondition::Of::kTag ? run.tags : run.params;
    const auto found = values.find(condition.key);
    return found == values.end() ? nullptr : &found->second;
  }
  if (condition.key == "run_id") return &run.id;
  if (condition.key == "run_name" || condition.key == "name") return &run.name;
  if (condition.key == "status") return &run.status;
  if (condition.key == "user_id") return &run.user;
  return nullptr;
}

}  // namespace

MlflowResult<std::vector<RunCondition>> ParseRunFilter(std::string_view filter) {
  auto conditions = FilterParser(filter).Run();
  if (!conditions) {
    return MlflowError{
        400, "INVALID_PARAMETER_VALUE",
        "lossd takes filters of the form tags.KEY = 'VALUE' AND ..., not: " + std::string(filter.substr(0, 200))};
  }
  return std::move(*conditions);
}

bool Matches(const MlflowRun& run, const std::vector<RunCondition>& conditions) {
  return std::ranges::all_of(conditions, [&](const RunCondition& condition) {
    const std::string* const value = ValueOf(run, condition);
    return value != nullptr && (*value == condition.value) == condition.equal;
  });
}

}  // namespace lossd::push
