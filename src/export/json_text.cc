#include "export/json_text.h"

#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <charconv>
#include <cmath>
#include <string_view>
#include <utility>

namespace lossd::exporter {
namespace {

void Append(std::string& text, double number) {
  const double size = std::fabs(number);
  const bool plain = size == 0 || (size >= 1e-5 && size < 1e15);
  std::array<char, 64> buffer;
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number,
                                 plain ? std::chars_format::fixed : std::chars_format::scientific);
  const std::string_view digits(buffer.data(), static_cast<std::size_t>(end.ptr - buffer.data()));
  text += digits;
  if (digits.find_first_of(".e") == std::string_view::npos) text += ".0";  // still no integer for whoever reads it
}

void Append(std::string& text, const boost::json::value& value) {
  if (const auto* object = value.if_object()) {
    char before = '{';
    for (const auto& [key, member] : *object) {
      text += std::exchange(before, ',');
      text += boost::json::serialize(key);
      text += ':';
      Append(text, member);
    }
    text += before == '{' ? "{}" : "}";
  } else if (const auto* array = value.if_array()) {
    char before = '[';
    for (const auto& item : *array) {
      text += std::exchange(before, ',');
      Append(text, item);
    }
    text += before == '[' ? "[]" : "]";
  } else if (const double* number = value.if_double()) {
    Append(text, *number);
  } else {
    text += boost::json::serialize(value);
  }
}

}  // namespace

std::string ToJsonText(const boost::json::value& value) {
  std::string text;
  Append(text, value);
  return text;
}

}  // namespace lossd::exporter
