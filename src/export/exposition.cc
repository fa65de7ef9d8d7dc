#include "export/exposition.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <vector>

#include "core/name_rules.h"
#include "text/utf8_text.h"

namespace lossd::exporter {
namespace {

constexpr std::string_view kForeignPrefix = "exported_";
template <typename Number>
char* WriteChars(char* to, Number number) {
  return std::to_chars(to, to + kNumberBytes, number).ptr;
}

template <typename Number>
void Append(std::string& out, Number number) {
  char text[kNumberBytes];
  out.append(text, WriteNumber(text, number));
}

bool IsNameCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (c >= '0' && c <= '9');
}

std::string LabelName(std::string_view text) {
  std::string name(text);
  std::replace_if(
      name.begin(), name.end(), [](char c) { return !IsNameCharacter(c); }, '_');
  if (name.empty() || (name[0] >= '0' && name[0] <= '9')) name.insert(0, 1, '_');
  return name;
}

/// Neither to be escaped nor to be looked at as UTF-8: nearly every label of nearly every job.
bool IsPlain(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~' && c != '"' && c != '\\'; });
}

void AppendEscaped(std::string& out, std::string_view text) {
  if (IsPlain(text)) {
    out += text;
    return;
  }
  for (const char c : text::ToUtf8(text)) {
    if (c == '\n') {
      out += "\\n";
    } else {
      if (c == '\\' || c == '"') out += '\\';
      out += c;
    }
  }
}

/// Whether it may stand as it is.
bool IsPlainName(std::string_view name) {
  return !name.empty() && !(name[0] >= '0' && name[0] <= '9') && std::ranges::all_of(name, IsNameCharacter) &&
         !core::IsReservedLabel(name);
}

}  // namespace

char* WriteNumber(char* to, std::uint64_t number) {
  // Most counts of most series.
  if (number >= 10) return WriteChars(to, number);
  *to = static_cast<char>('0' + number);
  return to + 1;
}
char* WriteNumber(char* to, std::int64_t number) { return WriteChars(to, number); }

char* WriteNumber(char* to, double number) {
  constexpr double kExactWhole = 0x1p53;
  if (std::abs(number) < kExactWhole) {
    const auto whole = static_cast<std::int64_t>(number);
    if (static_cast<double>(whole) == number && (whole != 0 || !std::signbit(number))) return WriteChars(to, whole);
    return WriteChars(to, number);
  }
  const auto word = [to](std::string_view text) { return std::copy(text.begin(), text.end(), to); };
  if (std::isnan(number)) return word("NaN");
  if (std::isinf(number)) return word(number > 0 ? "+Inf" : "-Inf");
  return WriteChars(to, number);
}

void AppendNumber(std::string& out, std::uint64_t number) { Append(out, number); }
void AppendNumber(std::string& out, std::int64_t number) { Append(out, number); }
void AppendNumber(std::string& out, double number) { Append(out, number); }

void AppendLabel(std::string& labels, std::string_view name, std::string_view value) {
  if (!labels.empty()) labels += ',';
  labels.append(name).append("=\"");
  AppendEscaped(labels, value);
  labels += '"';
}

void AppendForeignLabels(std::string& labels, const core::Labels& foreign) {
  // Where no name is changed none can clash.
  if (std::ranges::all_of(foreign, [](const auto& label) { return IsPlainName(label.first); })) {
    for (const auto& [name, value] : foreign) {
      if (!value.empty()) AppendLabel(labels, name, value);
    }
    return;
  }
  std::vector<std::string> used;
  for (const auto& [original, value] : foreign) {
    if (value.empty()) continue;
    std::string name = LabelName(original);
    while (core::IsReservedLabel(name) || std::find(used.begin(), used.end(), name) != used.end())
      name.insert(0, kForeignPrefix);
    AppendLabel(labels, name, value);
    used.push_back(std::move(name));
  }
}

void AppendHead(std::string& out, std::string_view name, std::string_view type, std::string_view help,
                TextFormat format) {
  if (format == TextFormat::kOpenMetrics && type == "counter") name.remove_suffix(std::string_view("_total").size());
  out.append("# HELP ").append(name) += ' ';
  for (const char c : help) {
    if (c == '\n') {
      out += "\\n";
    } else {
      // Only OpenMetrics escapes quotes in help texts.
      if (c == '\\' || (c == '"' && format == TextFormat::kOpenMetrics)) out += '\\';
      out += c;
    }
  }
  out.append("\n# TYPE ").append(name).append(" ").append(type) += '\n';
}

}  // namespace lossd::exporter
