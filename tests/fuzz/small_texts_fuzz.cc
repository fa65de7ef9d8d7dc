// The small grammars: numbers, times, durations, sizes, addresses, globs, queries, filters, names.
#include <cmath>
#include <string>
#include <string_view>

#include "fuzz/require.h"
#include "http/client/url.h"
#include "http/snappy_coding.h"
#include "push/mlflow/run_filter.h"
#include "sources/files/glob.h"
#include "text/json_number.h"
#include "text/number.h"
#include "text/quantity.h"
#include "text/rfc3339.h"
#include "text/utf8_text.h"
#include "text/weighted_list.h"
#include "text/words.h"
#include "web/query.h"

namespace {

using lossd::fuzz::Require;
using namespace lossd;

void ReadNumbers(const std::string& text) {
  if (const auto number = text::ScanNumber(text)) {
    Require(number->length > 0 && number->length <= text.size());
    text::AsStep(*number);
  }
  text::WholeNumber(text);
  double value = 0;
  if (text::ToDouble(text, value) != std::errc()) Require(value == 0);
  text::IsNumberToken(text::TrimJson(text));
  text::ParseRfc3339(text);
  if (const auto duration = text::ParseDuration(text)) {
    Require(text::ParseDuration(text::FormatDuration(*duration)) == duration);
  }
  if (const auto bytes = text::ParseSize(text)) Require(text::ParseSize(text::FormatSize(*bytes)) == bytes);
}

void ReadNames(const std::string& text) {
  const std::string utf8 = text::ToUtf8(text);
  Require(text::ToUtf8(utf8) == utf8);
  for (const std::string_view word : text::Words(text)) Require(!word.empty());
  for (const auto& element : text::ParseWeightedList(text)) Require(element.quality >= 0 && element.quality <= 1);
  web::ParseQuery(text);
  if (const auto conditions = push::ParseRunFilter(text)) push::Matches({}, *conditions);
  if (const auto url = http::ParseUrl(text)) {
    Require(!url->host.empty() && url->target.starts_with('/'));
    Require(http::ParseUrl(url->Text()).has_value());
  }
}

/// A pattern, then a path that it may match.
void Match(const std::string& text) {
  const std::size_t cut = std::min(text.find('\n'), text.size());
  const std::string pattern = text.substr(0, cut), path = text.substr(std::min(cut + 1, text.size()));
  const bool bad = sources::CheckGlob(pattern).has_value();
  const sources::Glob glob(pattern);
  glob.Matches(path);
  if (!bad && glob.literal()) Require(glob.Matches(pattern));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text = fuzz::Text(data, size);
  ReadNumbers(text);
  ReadNames(text);
  Match(text);
  constexpr std::size_t kLimit = 1 << 16;
  if (const auto body = http::Unsnappy(text, kLimit)) Require(body->size() <= kLimit);
  return 0;
}
