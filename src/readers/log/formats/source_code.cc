#include "readers/log/formats/source_code.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>

#include "readers/log/formats/spoken_name.h"
#include "records/vocabulary.h"
#include "text/characters.h"

namespace lossd::readers {
namespace {

using std::string_view;

constexpr std::array kOpenings = {
    string_view("#"),        string_view("//"),      string_view("/*"),     string_view("* "),
    string_view("*/"),       string_view("<"),       string_view("def "),   string_view("class "),
    string_view("import "),  string_view("from "),   string_view("return"), string_view("if "),
    string_view("elif "),    string_view("else:"),   string_view("for "),   string_view("while "),
    string_view("print"),    string_view("assert"),  string_view("self."),  string_view("@"),
    string_view("const "),   string_view("let "),    string_view("var "),   string_view("static "),
    string_view("float "),   string_view("double "), string_view("int "),   string_view("auto "),
    string_view("fn "),      string_view("pub "),    string_view("func "),  string_view("local "),
    string_view("export "),  string_view("set "),    string_view(">>>"),    string_view("..."),
    string_view("raise "),   string_view("with "),   string_view("try:"),   string_view("except"),
    string_view("lambda "),  string_view("del "),    string_view("echo "),  string_view("\\"),
    string_view(".. "),      string_view("%"),       string_view("!"),      string_view("$ "),
    string_view("--no-"),    string_view("+++"),     string_view("@@"),     string_view("public "),
    string_view("private "), string_view("wandb: ")};
/// darknet's reports on each layer, with losses, beside the loss of the network; then what only programs hold.
constexpr std::array kMarks = {string_view("Normalizer: (iou:"),
                               string_view(" Region "),
                               string_view("(\""),
                               string_view("  # "),
                               string_view("print("),
                               string_view(" == "),
                               string_view("!="),
                               string_view("+="),
                               string_view("&&"),
                               string_view("f\""),
                               string_view("f'"),
                               string_view("self."),
                               string_view("%.4f"),
                               string_view("{:."),
                               string_view("%d"),
                               string_view("%f"),
                               string_view("%s"),
                               string_view("</"),
                               string_view("/>"),
                               string_view("e.g."),
                               string_view("i.e."),
                               string_view(" := "),
                               string_view("lambda "),
                               string_view("\\n\"")};

/// Of each byte whether one of the texts begins with it: most lines are let go by that alone.
template <std::size_t N>
constexpr std::array<bool, 256> FirstBytes(const std::array<string_view, N>& texts) {
  std::array<bool, 256> first{};
  for (const string_view text : texts) first[static_cast<unsigned char>(text[0])] = true;
  return first;
}
constexpr std::array<bool, 256> kOpeningBytes = FirstBytes(kOpenings);

/// Of each byte the marks, a bit each, that have it at that place.
constexpr std::array<std::uint32_t, 256> MarksByByte(std::size_t place) {
  static_assert(kMarks.size() <= 32);
  std::array<std::uint32_t, 256> marks{};
  for (std::size_t i = 0; i < kMarks.size(); ++i)
    marks[static_cast<unsigned char>(kMarks[i][place])] |= std::uint32_t{1} << i;
  return marks;
}
constexpr std::array<std::uint32_t, 256> kMarksByFirst = MarksByByte(0), kMarksBySecond = MarksByByte(1);
bool Holds(const std::array<bool, 256>& bytes, char c) { return bytes[static_cast<unsigned char>(c)]; }

/// `18:50:13.%f`: a time whose format was not understood.
bool IsClock(string_view line, std::size_t at) {
  return at > 1 && (line[at - 1] == '.' || line[at - 1] == ',') && line[at - 2] >= '0' && line[at - 2] <= '9';
}

bool HasMark(string_view line) {
  for (std::size_t i = 0; i + 1 < line.size(); ++i) {
    std::uint32_t marks =
        kMarksByFirst[static_cast<unsigned char>(line[i])] & kMarksBySecond[static_cast<unsigned char>(line[i + 1])];
    for (; marks != 0; marks &= marks - 1) {
      const string_view mark = kMarks[static_cast<std::size_t>(std::countr_zero(marks))];
      if (line.substr(i, mark.size()) == mark && !IsClock(line, i)) return true;
    }
  }
  return false;
}

/// A whole line in quotes, as a long text stands in a program.
bool IsLiteral(string_view line) {
  while (!line.empty() && string_view(",;)}").find(line.back()) != string_view::npos) line.remove_suffix(1);
  return line.size() > 2 && line.front() == '"' && line.find('"', 1) == line.size() - 1;
}

/// `78.12% ` with the sign glued to its number, as no program writes a remainder.
bool HasPercentage(string_view line) {
  const std::size_t sign = line.find("% ");
  return sign != string_view::npos && sign > 0 && line[sign - 1] >= '0' && line[sign - 1] <= '9';
}

/// "* Epoch 3: ...", "* Train loss: 0.5"
bool IsBullet(string_view line) {
  constexpr std::array kWords = {string_view("* Epoch "), string_view("* Train"), string_view("* Val"),
                                 string_view("* Test"), string_view("* Loss")};
  if (!line.starts_with("* ")) return false;
  const bool number = line.back() >= '0' && line.back() <= '9';
  return line.starts_with(kWords[0]) || (number && std::any_of(kWords.begin(), kWords.end(), [&](string_view word) {
                                           return line.starts_with(word);
                                         }));
}

/// "#Iter= 3 ...": what is counted, and no comment.
bool IsNumberSign(string_view line) {
  std::size_t end = 1;
  while (end < line.size() && text::IsLetter(line[end])) ++end;
  const string_view noun = line.substr(1, end - 1);
  return line.front() == '#' && end < line.size() && (line[end] == '=' || line[end] == ':') && noun.size() > 1 &&
         records::MeaningOf(noun).role == records::Role::kStep;
}

/// Whether a time stands between the angle brackets at the head of a line.
bool IsClockWithin(string_view line) {
  constexpr std::size_t kLongest = 40;
  const string_view inside = line.substr(0, line.find('>'));
  const std::size_t colon = inside.find(':');
  return inside.size() < std::min(kLongest, line.size()) && colon != string_view::npos && colon + 1 < inside.size() &&
         text::IsDigit(inside[colon - 1]) && text::IsDigit(inside[colon + 1]);
}

/// `<134>Jan 31 12:00:00 host trainer: ...`, `<INFO> step 10 ...`: behind the priority of syslog or a level.
string_view WithoutPriority(string_view line) {
  constexpr std::size_t kMostDigits = 3;
  std::size_t end = 1;
  while (end < line.size() && end <= kMostDigits && text::IsDigit(line[end])) ++end;
  if (end == 1 && line.front() == '<') end = std::min(line.find('>'), line.size());
  // "<2026-11-28 16:52:27.948> text"
  const bool clock = line.front() == '<' && line.size() > 1 && text::IsDigit(line[1]) && IsClockWithin(line);
  if (clock) return text::TrimBlanks(line.substr(line.find('>') + 1));
  const bool marked = line.front() == '<' && end > 1 && end < line.size() && line[end] == '>';
  const bool known = marked && (text::IsDigit(line[1]) || IsLogLevel(line.substr(1, end - 1)));
  return known ? text::TrimBlanks(line.substr(end + 1)) : line;
}

}  // namespace

bool LooksLikeSource(string_view line) {
  while (!line.empty() && (line.front() == ' ' || line.front() == '\t')) line.remove_prefix(1);
  while (!line.empty() && (line.back() == ' ' || line.back() == '\t')) line.remove_suffix(1);
  if (line.empty()) return false;
  line = WithoutPriority(line);
  if (line.empty()) return false;
  // "* Epoch 3: ..." is a bullet of a log, other bullets are of comments and lists.
  if (IsBullet(line)) line.remove_prefix(2);
  if (IsNumberSign(line)) line.remove_prefix(1);
  // What a spinner has left of itself, as a command of TeX is written in small letters.
  if (line.size() > 1 && line[0] == '\\' && line[1] >= 'A' && line[1] <= 'Z') line.remove_prefix(1);
  if (Holds(kOpeningBytes, line.front()) &&
      std::any_of(kOpenings.begin(), kOpenings.end(), [&](string_view opening) { return line.starts_with(opening); })) {
    return true;
  }
  if (line.size() > 2 && line.starts_with("--") && line[2] >= 'a' && line[2] <= 'z') return true;
  if (IsLiteral(line)) return true;
  if (line.back() == '{' || line.back() == '\\' || line.back() == '(') return true;
  // A statement; a record whose fields end in semicolons has more than one, or a share in per cent.
  if (line.back() == ';' && std::count(line.begin(), line.end(), ';') == 1 && !HasPercentage(line)) return true;
  return HasMark(line);
}

}  // namespace lossd::readers
