// How values that JSON cannot hold are written in JSON.
#pragma once

#include <boost/json/value.hpp>
#include <charconv>
#include <cmath>
#include <optional>
#include <string_view>

#include "text/utf8_text.h"

namespace lossd::exporter {

/// Non-finite numbers are the strings "nan", "inf" and "-inf".
inline boost::json::value JsonNumber(double number) {
  if (std::isnan(number)) return "nan";
  if (std::isinf(number)) return number > 0 ? "inf" : "-inf";
  return number;
}

/// A number as pages show it, to seven digits: what is single precision gets no digits that it does not have.
inline double ShortNumber(double number) {
  if (!std::isfinite(number)) return number;
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, number, std::chars_format::scientific, 6).ptr;
  std::from_chars(text, end, number);
  return number;
}

/// null where there is nothing.
inline boost::json::value JsonNumber(const std::optional<double>& number) {
  return number ? JsonNumber(*number) : boost::json::value();
}

inline boost::json::value JsonInteger(const std::optional<std::int64_t>& number) {
  return number ? boost::json::value(*number) : boost::json::value();
}

inline boost::json::string JsonText(std::string_view text) { return boost::json::string(text::ToUtf8(text)); }

}  // namespace lossd::exporter
