#include "push/pushgateway/grouping_key.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "http/message.h"
#include "text/exposition_text.h"

namespace lossd::push {
namespace {

constexpr std::string_view kBase64 = "@base64";

/// RFC 4648's alphabet for URLs, padding optional; the common alphabet is taken, too, as far as a path can hold it.
std::optional<std::string> DecodeBase64(std::string_view text) {
  while (text.ends_with('=')) text.remove_suffix(1);
  if (text.size() % 4 == 1) return std::nullopt;
  std::string decoded;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    std::uint32_t value = 0;
    if (c >= 'A' && c <= 'Z') {
      value = static_cast<std::uint32_t>(c - 'A');
    } else if (c >= 'a' && c <= 'z') {
      value = static_cast<std::uint32_t>(c - 'a' + 26);
    } else if (c >= '0' && c <= '9') {
      value = static_cast<std::uint32_t>(c - '0' + 52);
    } else if (c == '-' || c == '+') {
      value = 62;
    } else if (c == '_' || c == '/') {
      value = 63;
    } else {
      return std::nullopt;
    }
    bits = bits << 6 | value;
    count += 6;
    if (count >= 8) {
      count -= 8;
      decoded += static_cast<char>(bits >> count & 0xFF);
    }
  }
  return decoded;
}

}  // namespace

boost::system::result<GroupingKey, PushError> ParseGroupingKey(std::string_view path) {
  std::vector<std::string> segments;
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    const auto segment = http::PercentDecode(path.substr(begin, end - begin));
    if (!segment) return PushError{"the path is not percent-encoded correctly"};
    segments.push_back(*segment);
    begin = end + 1;
  }
  // A slash at the end, as some clients leave it.
  if (segments.size() % 2 == 1 && segments.back().empty()) segments.pop_back();
  if (segments.size() % 2 == 1)
    return PushError{"odd number of components in the path: " + segments.back() + " has no value"};
  if (segments.empty()) return PushError{"job name is required"};
  GroupingKey key;
  for (std::size_t i = 0; i < segments.size(); i += 2) {
    std::string name = segments[i], value = segments[i + 1];
    if (name.ends_with(kBase64)) {
      name.resize(name.size() - kBase64.size());
      const auto decoded = DecodeBase64(value);
      if (!decoded) return PushError{"invalid base64 encoding of " + name + ": \"" + value + '"'};
      value = *decoded;
    }
    if ((i == 0) != (name == "job")) return PushError{"the path must be /metrics/job/JOB{/LABEL/VALUE}"};
    if (i == 0) {
      if (value.empty()) return PushError{"job name is required"};
      key.job = value;
      continue;
    }
    if (!text::IsMetricName(name) || name.find(':') != std::string::npos || name.starts_with("__")) {
      return PushError{"improper label name \"" + name + '"'};
    }
    if (value.empty()) continue;
    if (!key.labels.emplace(name, value).second) return PushError{"the label " + name + " is given twice"};
  }
  return key;
}

}  // namespace lossd::push
