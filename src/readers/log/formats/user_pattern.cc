#include "readers/log/formats/user_pattern.h"

#include <re2/re2.h>

#include "text/number.h"

namespace lossd::readers {

struct UserPatterns::Compiled {
  std::unique_ptr<re2::RE2> regex;
  std::string series;
  std::vector<std::string> names;  // of each capturing group, "" where it has none
  std::vector<re2::StringPiece> groups;
};

UserPatterns::UserPatterns(const std::vector<records::PatternOptions>& patterns) {
  for (const records::PatternOptions& pattern : patterns) {
    Compiled compiled;
    compiled.regex = std::make_unique<re2::RE2>(pattern.regex, re2::RE2::Quiet);
    if (!compiled.regex->ok()) continue;
    compiled.series = pattern.series;
    const auto count = static_cast<std::size_t>(compiled.regex->NumberOfCapturingGroups());
    compiled.names.resize(count);
    compiled.groups.resize(count + 1);
    for (const auto& [index, name] : compiled.regex->CapturingGroupNames())
      compiled.names[static_cast<std::size_t>(index) - 1] = name;
    compiled_.push_back(std::move(compiled));
  }
}

UserPatterns::~UserPatterns() = default;
UserPatterns::UserPatterns(UserPatterns&&) noexcept = default;
UserPatterns& UserPatterns::operator=(UserPatterns&&) noexcept = default;

UserPatterns::Result UserPatterns::Match(std::string_view line, core::Sample& sample, core::Labels& labels) {
  for (Compiled& pattern : compiled_) {
    const re2::StringPiece text(line.data(), line.size());
    if (!pattern.regex->Match(text, 0, text.size(), re2::RE2::UNANCHORED, pattern.groups.data(),
                              static_cast<int>(pattern.groups.size()))) {
      continue;
    }
    labels.clear();
    sample.loss = pattern.series;
    bool has_loss = false;
    for (std::size_t i = 0; i < pattern.names.size(); ++i) {
      const re2::StringPiece& group = pattern.groups[i + 1];
      const std::string& name = pattern.names[i];
      if (name.empty() || group.data() == nullptr) continue;
      const std::string_view value(group.data(), group.size());
      const auto number = text::WholeNumber(value);
      if (name == "loss") {
        if (!number) return Result::kUnparsable;
        sample.value = number->value;
        has_loss = true;
      } else if (name == "step") {
        if (number) sample.step = text::AsStep(*number);
      } else if (name == "epoch") {
        if (number) sample.epoch = number->value;
      } else if (name == "lr") {
        if (number) sample.learning_rate = number->value;
      } else if (name == "grad_norm") {
        if (number) sample.gradient_norm = number->value;
      } else {
        labels.insert_or_assign(name, std::string(value));
      }
    }
    if (has_loss) return Result::kSample;
  }
  return Result::kNoMatch;
}

}  // namespace lossd::readers
