#include "readers/log/formats/spoken_name.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "records/vocabulary.h"
#include "text/characters.h"

namespace lossd::readers {
namespace {

using std::string_view;

constexpr std::size_t kNone = string_view::npos;
constexpr std::array kPrepositions = {string_view("at"), string_view("with"), string_view("in"),   string_view("for"),
                                      string_view("of"), string_view("on"),   string_view("after")};
constexpr std::array kLevels = {string_view("INFO"), string_view("SUCCESS"), string_view("DEBUG"),
                                string_view("WARNING")};
constexpr std::array kParts = {string_view("Content"), string_view("Style"),  string_view("Critic"),
                               string_view("critic"),  string_view("Layer"),  string_view("layer"),
                               string_view("Head"),    string_view("head"),   string_view("Level"),
                               string_view("level"),   string_view("Scale"),  string_view("scale"),
                               string_view("Stage"),   string_view("stage"),  string_view("Discriminator"),
                               string_view("Decoder"), string_view("decoder")};

}  // namespace

bool IsLogLevel(string_view word) { return std::find(kLevels.begin(), kLevels.end(), word) != kLevels.end(); }

bool IsCodePlace(string_view line, string_view word, std::size_t end) {
  constexpr std::array kEndings = {string_view(".py"), string_view(".cc"), string_view(".cpp"), string_view(".lua")};
  const bool code = std::any_of(kEndings.begin(), kEndings.end(), [&](string_view s) { return word.ends_with(s); });
  return code && end + 1 < line.size() && line[end] == ':' && !text::IsDigit(line[end + 1]);
}

bool IsPreposition(string_view word) {
  return std::find(kPrepositions.begin(), kPrepositions.end(), word) != kPrepositions.end();
}

bool IsModelPart(string_view name) { return std::find(kParts.begin(), kParts.end(), name) != kParts.end(); }

std::size_t QualifierEnd(string_view line, std::size_t at) {
  constexpr std::array kQualifiers = {string_view("overall"), string_view("total"),   string_view("mean"),
                                      string_view("average"), string_view("running"), string_view("avg")};
  const std::size_t begin = line.find_first_not_of(' ', at);
  if (begin == kNone || begin == at) return 0;
  const std::size_t end = line.find(':', begin);
  if (end == kNone) return 0;
  const string_view word = line.substr(begin, end - begin);
  return std::find(kQualifiers.begin(), kQualifiers.end(), word) != kQualifiers.end() ? end : 0;
}

SplitName SplitSpokenName(string_view name, bool count) {
  for (const string_view verb : {" is", " was", " of", " to", " ="}) {
    if (name.size() > verb.size() && name.ends_with(verb)) name.remove_suffix(verb.size());
  }
  if (!count) return {name, {}};
  std::size_t split = kNone, length = 0;
  for (const string_view preposition : {" at ", " after ", " for ", " in ", " into ", " @ ", " on "}) {
    const std::size_t found = name.rfind(preposition);
    if (found != kNone && (split == kNone || found > split)) {
      split = found;
      length = preposition.size();
    }
  }
  if (split == kNone) return {name, {}};
  const string_view tail = name.substr(split + length);
  const records::Role role = records::MeaningOf(tail).role;
  if (role != records::Role::kStep && role != records::Role::kEpoch) return {name, {}};
  return {tail, name.substr(0, split)};
}

SplitName SplitBeforeCounter(string_view name) {
  const std::size_t blank = name.rfind(' ');
  if (blank == kNone || records::MeaningOf(name.substr(0, blank)).role != records::Role::kLoss) return {name, {}};
  const records::Role role = records::MeaningOf(name.substr(blank + 1)).role;
  if (role != records::Role::kStep && role != records::Role::kEpoch) return {name, {}};
  return {name.substr(blank + 1), name.substr(0, blank)};
}

CountAside ScanCountAside(string_view line, std::size_t open) {
  std::size_t at = open + 1;
  while (at < line.size() && text::IsLetter(line[at])) ++at;
  const string_view name = line.substr(open + 1, at - open - 1);
  if (name.empty() || at + 1 >= line.size() || line[at] != ' ' || !text::IsDigit(line[at + 1])) return {};
  const auto number = text::ScanNumber(line.substr(++at));
  if (!number || !number->integral) return {};
  const std::size_t close = at + number->length;
  if (close + 1 >= line.size() || line[close] != ')' || (line[close + 1] != ':' && line[close + 1] != ' ')) return {};
  const records::Role role = records::MeaningOf(name).role;
  if (role != records::Role::kStep && role != records::Role::kEpoch) return {};
  return {name, *number, at, close + 1};
}

}  // namespace lossd::readers
