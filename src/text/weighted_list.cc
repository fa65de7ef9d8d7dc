#include "text/weighted_list.h"

#include <algorithm>
#include <charconv>
#include <system_error>
#include <utility>

#include "text/characters.h"

namespace lossd::text {
namespace {

/// The text before `separator`, trimmed; what follows it stays in `rest`.
std::string_view Cut(std::string_view& rest, char separator) {
  const auto at = rest.find(separator);
  const auto head = rest.substr(0, at);
  rest = at == std::string_view::npos ? std::string_view() : rest.substr(at + 1);
  return TrimBlanks(head);
}

std::string Lower(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; });
  return lower;
}

bool ParseQuality(std::string_view value, double& quality) {
  const char* const end = value.data() + value.size();
  const auto [stop, error] = std::from_chars(value.data(), end, quality, std::chars_format::fixed);
  return error == std::errc() && stop == end && quality >= 0 && quality <= 1;
}

}  // namespace

std::vector<WeightedElement> ParseWeightedList(std::string_view header) {
  std::vector<WeightedElement> elements;
  while (!header.empty()) {
    std::string_view rest = Cut(header, ',');
    WeightedElement element;
    element.value = Lower(Cut(rest, ';'));
    bool good = true;
    while (!rest.empty()) {
      std::string_view value = Cut(rest, ';');
      const std::string name = Lower(Cut(value, '='));
      value = TrimBlanks(value);
      if (value.size() >= 2 && value.front() == '"' && value.back() == '"') value = value.substr(1, value.size() - 2);
      if (name == "version") element.version = value;
      if (name == "q") good = good && ParseQuality(value, element.quality);
    }
    if (good) elements.push_back(std::move(element));
  }
  return elements;
}

}  // namespace lossd::text
