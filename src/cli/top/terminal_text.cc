#include "cli/top/terminal_text.h"

#include <langinfo.h>

#include <algorithm>
#include <clocale>
#include <cmath>
#include <cstdio>
#include <cwchar>
#include <utility>

namespace lossd::cli {
namespace {

/// The next character of `text`: its bytes and its cells. What is no character of the locale takes a cell a byte.
std::pair<std::size_t, std::size_t> NextCharacter(std::string_view text) {
  wchar_t character = 0;
  std::mbstate_t state{};
  const std::size_t bytes = std::mbrtowc(&character, text.data(), text.size(), &state);
  if (bytes == 0 || bytes > text.size()) return {1, 1};
  const int cells = wcwidth(character);
  return {bytes, cells < 0 ? 1 : static_cast<std::size_t>(cells)};
}

std::string_view Ellipsis() { return std::string_view(nl_langinfo(CODESET)) == "UTF-8" ? "…" : "~"; }

}  // namespace

std::size_t CellWidth(std::string_view text) {
  std::size_t width = 0;
  while (!text.empty()) {
    const auto [bytes, cells] = NextCharacter(text);
    width += cells;
    text.remove_prefix(bytes);
  }
  return width;
}

std::string InCells(std::string_view text, std::size_t cells, bool right) {
  const std::size_t width = CellWidth(text);
  if (width <= cells) {
    const std::string blanks(cells - width, ' ');
    return right ? blanks + std::string(text) : std::string(text) + blanks;
  }
  if (cells == 0) return "";
  std::string kept;
  std::size_t used = 0;
  for (std::string_view rest = text; !rest.empty();) {
    const auto [bytes, wide] = NextCharacter(rest);
    if (used + wide > cells - 1) break;
    kept += rest.substr(0, bytes);
    used += wide;
    rest.remove_prefix(bytes);
  }
  return kept + std::string(Ellipsis()) + std::string(cells - 1 - used, ' ');
}

std::string ShortText(const std::optional<double>& value, bool with_sign) {
  if (!value) return "-";
  if (std::isnan(*value)) return "NaN";
  char text[32];
  std::snprintf(text, sizeof text, with_sign ? "%+.4g" : "%.4g", *value);
  return text;
}

std::string ShortDuration(double seconds) {
  const long whole = std::lround(std::clamp(seconds, 0.0, 1e9));
  char text[32];
  if (whole < 60) {
    std::snprintf(text, sizeof text, "%lds", whole);
  } else if (whole < 3600) {
    std::snprintf(text, sizeof text, "%ldm", whole / 60);
  } else if (whole < 48 * 3600) {
    std::snprintf(text, sizeof text, "%ldh%02ld", whole / 3600, whole % 3600 / 60);
  } else {
    std::snprintf(text, sizeof text, "%ldd", whole / 86400);
  }
  return text;
}

}  // namespace lossd::cli
