#include "config/yaml/yaml_section.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <sstream>
#include <string_view>
#include <utility>

#include "text/closest_name.h"
#include "text/quantity.h"

namespace lossd::config {
namespace {

using Type = ConfigKey::Type;

template <typename T>
std::optional<T> ParseNumber(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

std::string FormatNumber(double value) {
  char text[32];
  return std::string(text, std::to_chars(text, text + sizeof text, value).ptr);
}

/// "\"30\"", "a list", "a mapping": what stands where something else was wanted.
std::string Shown(const YAML::Node& node) {
  if (node.IsScalar()) return '"' + node.Scalar() + '"';
  if (node.IsSequence()) return "a list";
  if (node.IsMap()) return "a mapping";
  return "nothing";
}

std::string Wanted(std::string_view what, const YAML::Node& node) {
  return "want " + std::string(what) + ", got " + Shown(node);
}

std::string OutOfRange(const std::string& min, const std::string& max, const std::string& value) {
  return "must be between " + min + " and " + max + ", got " + value;
}

template <typename Range, typename Write>
std::string JoinFlow(const Range& range, Write write) {
  std::string text;
  for (const auto& item : range) text += (text.empty() ? "" : ", ") + write(item);
  return text;
}

/// The path of a key without the positions in lists: "files[0].path" -> "files[].path".
std::string WithoutPositions(std::string_view key) {
  std::string plain;
  bool inside = false;
  for (const char c : key) {
    if (c == ']') inside = false;
    if (!inside) plain += c;
    if (c == '[') inside = true;
  }
  return plain;
}

}  // namespace

void YamlFindings::Fail(const YAML::Node& node, const std::string& key, std::string reason) {
  errors.push_back({file, node.Mark().line + 1, node.Mark().column + 1, key, std::move(reason)});
}

struct YamlSection::State {
  struct Entry {
    std::string name;
    YAML::Node key, value;
  };
  YAML::Node node;
  std::vector<Entry> entries;
};

YamlSection::~YamlSection() = default;

YamlSection::YamlSection(const YAML::Node& node, std::string key, YamlFindings& findings)
    : state_(new State{node, {}}), key_(std::move(key)), findings_(findings) {
  if (!state_->node.IsMap()) {
    if (!state_->node.IsNull()) findings_.Fail(state_->node, key_, Wanted("a mapping", state_->node));
    return;
  }
  for (const auto& pair : state_->node) {
    if (pair.first.IsScalar()) {
      state_->entries.push_back({pair.first.Scalar(), pair.first, pair.second});
    } else {
      findings_.Fail(pair.first, key_, Wanted("a key", pair.first));
    }
  }
}

const YAML::Node* YamlSection::Find(const std::string& name) const {
  const auto entry = std::ranges::find(state_->entries, name, &State::Entry::name);
  return entry == state_->entries.end() ? nullptr : &entry->value;
}

const YAML::Node* YamlSection::Ask(const std::string& name, ConfigKey about) {
  asked_.push_back(name);
  findings_.keys.emplace(WithoutPositions(KeyOf(name)), std::move(about));
  return Find(name);
}

void YamlSection::Give(const std::string& name, std::string value) {
  findings_.given[WithoutPositions(KeyOf(name))] = std::move(value);
}

void YamlSection::Fail(const std::string& name, std::string reason) {
  const YAML::Node* value = Find(name);
  findings_.Fail(value != nullptr ? *value : state_->node, KeyOf(name), std::move(reason));
}

void YamlSection::Text(const std::string& name, std::string& target, const Check& check) {
  const YAML::Node* value = Ask(name, {Type::kText, '"' + target + '"'});
  if (value == nullptr) return;
  if (!value->IsScalar()) return Fail(name, Wanted("a string", *value));
  if (check) {
    if (std::string reason = check(value->Scalar()); !reason.empty()) return Fail(name, std::move(reason));
  }
  target = value->Scalar();
  Give(name, '"' + target + '"');
}

void YamlSection::Flag(const std::string& name, bool& target) {
  const YAML::Node* value = Ask(name, {Type::kFlag, target ? "true" : "false"});
  if (value == nullptr) return;
  if (!value->IsScalar() || (value->Scalar() != "true" && value->Scalar() != "false")) {
    return Fail(name, Wanted("true or false", *value));
  }
  target = value->Scalar() == "true";
  Give(name, value->Scalar());
}

void YamlSection::Count(const std::string& name, std::size_t& target, std::size_t min, std::size_t max) {
  const YAML::Node* value =
      Ask(name, {Type::kCount, std::to_string(target), static_cast<double>(min), static_cast<double>(max)});
  if (value == nullptr) return;
  const auto count = value->IsScalar() ? ParseNumber<std::int64_t>(value->Scalar()) : std::nullopt;
  if (!count) return Fail(name, Wanted("a whole number", *value));
  if (*count < static_cast<std::int64_t>(min) || *count > static_cast<std::int64_t>(max)) {
    return Fail(name, OutOfRange(std::to_string(min), std::to_string(max), value->Scalar()));
  }
  target = static_cast<std::size_t>(*count);
  Give(name, std::to_string(target));
}

void YamlSection::Number(const std::string& name, double& target, double min, double max) {
  const YAML::Node* value = Ask(name, {Type::kNumber, FormatNumber(target), min, max});
  if (value == nullptr) return;
  const auto number = value->IsScalar() ? ParseNumber<double>(value->Scalar()) : std::nullopt;
  if (!number || !std::isfinite(*number)) return Fail(name, Wanted("a number", *value));
  if (*number < min || *number > max) {
    return Fail(name, OutOfRange(FormatNumber(min), FormatNumber(max), value->Scalar()));
  }
  target = *number;
  Give(name, FormatNumber(target));
}

void YamlSection::Size(const std::string& name, std::size_t& target, std::size_t min, std::size_t max) {
  const YAML::Node* value = Ask(name, {Type::kSize, text::FormatSize(target)});
  if (value == nullptr) return;
  const auto size = value->IsScalar() ? text::ParseSize(value->Scalar()) : std::nullopt;
  if (!size) return Fail(name, Wanted("a size like 64KiB or 8MiB", *value));
  if (*size < min || *size > max)
    return Fail(name, OutOfRange(text::FormatSize(min), text::FormatSize(max), value->Scalar()));
  target = *size;
  Give(name, text::FormatSize(target));
}

std::chrono::nanoseconds YamlSection::ReadTime(const std::string& name, std::chrono::nanoseconds current,
                                               std::chrono::nanoseconds min, std::chrono::nanoseconds max) {
  const YAML::Node* value = Ask(name, {Type::kTime, text::FormatDuration(current)});
  if (value == nullptr) return current;
  const auto time = value->IsScalar() ? text::ParseDuration(value->Scalar()) : std::nullopt;
  if (!time) {
    Fail(name, Wanted("a duration like 30s or 1h30m", *value));
  } else if (*time < min || *time > max) {
    Fail(name, OutOfRange(text::FormatDuration(min), text::FormatDuration(max), value->Scalar()));
  } else {
    Give(name, text::FormatDuration(*time));
    return *time;
  }
  return current;
}

void YamlSection::Choice(const std::string& name, std::size_t& target, const std::vector<std::string>& names) {
  const YAML::Node* value = Ask(name, {Type::kChoice, names[target], 0, 0, names});
  if (value == nullptr) return;
  const auto found = value->IsScalar() ? std::ranges::find(names, value->Scalar()) : names.end();
  if (found == names.end()) {
    return Fail(name, Wanted("one of " + JoinFlow(names, [](const std::string& text) { return text; }), *value));
  }
  target = static_cast<std::size_t>(found - names.begin());
  Give(name, *found);
}

void YamlSection::Texts(const std::string& name, std::vector<std::string>& target, const Check& check) {
  const auto write = [](const std::string& text) { return '"' + text + '"'; };
  const YAML::Node* value = Ask(name, {Type::kTexts, '[' + JoinFlow(target, write) + ']'});
  if (value == nullptr) return;
  if (!value->IsSequence()) return Fail(name, Wanted("a list of strings", *value));
  std::vector<std::string> texts;
  for (const auto& item : *value) {
    const std::string key = KeyOf(name) + '[' + std::to_string(texts.size()) + ']';
    texts.push_back(item.IsScalar() ? item.Scalar() : "");
    if (!item.IsScalar()) {
      findings_.Fail(item, key, Wanted("a string", item));
    } else if (std::string reason = check ? check(item.Scalar()) : ""; !reason.empty()) {
      findings_.Fail(item, key, std::move(reason));
    }
  }
  Give(name, '[' + JoinFlow(texts, write) + ']');
  target = std::move(texts);
}

void YamlSection::Counts(const std::string& name, std::vector<std::size_t>& target, std::size_t min, std::size_t max) {
  const auto write = [](std::size_t count) { return std::to_string(count); };
  const YAML::Node* value = Ask(
      name, {Type::kCounts, '[' + JoinFlow(target, write) + ']', static_cast<double>(min), static_cast<double>(max)});
  if (value == nullptr) return;
  if (!value->IsSequence()) return Fail(name, Wanted("a list of whole numbers", *value));
  std::vector<std::size_t> counts;
  for (const auto& item : *value) {
    const std::string key = KeyOf(name) + '[' + std::to_string(counts.size()) + ']';
    const auto count = item.IsScalar() ? ParseNumber<std::size_t>(item.Scalar()) : std::nullopt;
    if (!count) {
      findings_.Fail(item, key, Wanted("a whole number", item));
    } else if (*count < min || *count > max) {
      findings_.Fail(item, key, OutOfRange(std::to_string(min), std::to_string(max), item.Scalar()));
    } else if (std::ranges::find(counts, *count) != counts.end()) {
      findings_.Fail(item, key, "given twice: " + item.Scalar());
    }
    counts.push_back(count.value_or(0));
  }
  Give(name, '[' + JoinFlow(counts, write) + ']');
  target = std::move(counts);
}

void YamlSection::Map(const std::string& name, core::Labels& target, const Check& check_name,
                      const Check& check_value) {
  const YAML::Node* value = Ask(name, {Type::kMap, "{}"});
  if (value == nullptr) return;
  if (!value->IsMap()) return Fail(name, Wanted("a mapping", *value));
  core::Labels map;
  for (const auto& pair : *value) {
    const std::string label = pair.first.IsScalar() ? pair.first.Scalar() : "";
    const std::string key = KeyOf(name) + '.' + label;
    if (std::string reason = check_name(label); !reason.empty()) {
      findings_.Fail(pair.first, key, std::move(reason));
    } else if (!pair.second.IsScalar()) {
      findings_.Fail(pair.second, key, Wanted("a string", pair.second));
    } else if (std::string wrong = check_value ? check_value(pair.second.Scalar()) : ""; !wrong.empty()) {
      findings_.Fail(pair.second, key, std::move(wrong));
    } else if (!map.emplace(label, pair.second.Scalar()).second) {
      findings_.Fail(pair.first, key, "given twice");
    }
  }
  Give(name, '{' + JoinFlow(map, [](const auto& label) { return label.first + ": \"" + label.second + '"'; }) + '}');
  target = std::move(map);
}

void YamlSection::Section(const std::string& name, const std::function<void(YamlSection&)>& read) {
  asked_.push_back(name);
  const YAML::Node* value = Find(name);
  YamlSection section(value != nullptr ? *value : YAML::Node(), KeyOf(name), findings_);
  read(section);
  section.Finish();
}

void YamlSection::List(const std::string& name, const std::function<void(YamlSection&)>& read) {
  const YAML::Node* value = Ask(name, {Type::kList, "[]"});
  if (value == nullptr && findings_.asks_for_items) {
    YamlSection section(YAML::Node(), KeyOf(name) + "[0]", findings_);
    read(section);
  }
  if (value == nullptr || value->IsNull()) return;
  if (!value->IsSequence()) return Fail(name, Wanted("a list", *value));
  Give(name, value->size() == 0 ? "[]" : "[...]");
  std::size_t position = 0;
  for (const auto& item : *value) {
    const std::string key = KeyOf(name) + '[' + std::to_string(position++) + ']';
    YamlSection section(item, key, findings_);
    if (!item.IsMap() && !item.IsNull()) continue;
    read(section);
    section.Finish();
  }
}

void YamlSection::Finish() {
  for (std::size_t i = 0; i < state_->entries.size(); ++i) {
    const State::Entry& entry = state_->entries[i];
    const auto first = std::ranges::find(state_->entries, entry.name, &State::Entry::name);
    if (std::ranges::find(asked_, entry.name) == asked_.end()) {
      findings_.Fail(entry.key, KeyOf(entry.name), "unknown key" + text::Suggestion(entry.name, asked_));
    } else if (static_cast<std::size_t>(first - state_->entries.begin()) != i) {
      findings_.Fail(entry.key, KeyOf(entry.name),
                     "given twice, first in line " + std::to_string(first->key.Mark().line + 1));
    }
  }
}

}  // namespace lossd::config
