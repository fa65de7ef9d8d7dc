#include "readers/log/formats/rewording.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include "readers/log/formats/source_code.h"
#include "text/characters.h"
#include "text/json_string.h"
#include "text/number.h"

namespace lossd::readers {
namespace {

using std::string_view;

constexpr std::size_t kNone = string_view::npos;
constexpr string_view kDictionary = "OrderedDict([(";

bool IsQuote(char c) { return c == '\'' || c == '"'; }

/// "'Loss after epoch 0: 0.5'": a text that was printed as a value.
bool Unquote(string_view line, std::string& reworded) {
  constexpr std::size_t kShortest = 8;
  if (line.size() < kShortest || line[0] != '\'' || line.back() != '\'') return false;
  const string_view inside = line.substr(1, line.size() - 2);
  if (inside.find(line[0]) != kNone) return false;
  reworded = inside;
  return true;
}

/// Whether a text may be a record: that of a message is one where it holds a number, others only where they tell a
/// loss.
bool MayBeRecord(string_view text, bool message) {
  if (text.find_first_of("0123456789") == kNone) return false;
  return message || text.find("oss") != kNone || text.find("OSS") != kNone;
}

/// {"level": "info", "message": "step 10: loss=0.5"}: the message, where it may be a record and no other member is a
/// loss.
bool OpenMessage(string_view line, std::string& reworded) {
  constexpr std::array kKeys = {string_view("\"message\""), string_view("\"msg\""),     string_view("\"event\""),
                                string_view("\"log\""),     string_view("\"text\""),    string_view("\"textPayload\""),
                                string_view("\"body\""),    string_view("\"content\""), string_view("\"line\"")};
  constexpr std::size_t kMessages = 2;
  for (std::size_t i = 0; i < kKeys.size(); ++i) {
    const std::size_t at = line.find(kKeys[i]);
    if (at == kNone) continue;
    std::size_t open = at + kKeys[i].size();
    while (open < line.size() && (line[open] == ' ' || line[open] == ':')) ++open;
    if (open >= line.size() || line[open] != '"') continue;
    std::string text;
    const std::size_t close = text::UnescapeJson(line, open + 1, text);
    if (close >= line.size() || !MayBeRecord(text, i < kMessages)) continue;
    if (line.substr(0, at).find("loss\"") != kNone || line.substr(close).find("loss\"") != kNone) return false;
    // A text of several lines, or one with its newline, is one record.
    std::ranges::replace_if(
        text, [](char c) { return c == '\n' || c == '\r'; }, ' ');
    reworded = std::move(text);
    return true;
  }
  return false;
}

/// Where in `line` pairs or a tuple of names and values begin; npos where there are none.
std::size_t TupleBegin(string_view line) {
  if (line.size() > 3 && line[0] == '(' && (IsQuote(line[1]) || (line[1] == 'u' && IsQuote(line[2])))) return 0;
  if (line.starts_with(kDictionary)) return kDictionary.size() - 1;
  const std::size_t list = line.find("[('");
  return list == kNone || (list > 0 && line[list - 1] != ' ') ? kNone : list + 1;
}

/// "('epoch', 1, 'loss', 0.5)" is "epoch 1, loss 0.5".
void UnpackTuple(string_view line, std::size_t begin, std::string& reworded) {
  reworded = begin == 0 || line.starts_with(kDictionary) ? string_view() : line.substr(0, begin - 1);
  for (std::size_t i = begin; i < line.size(); ++i) {
    const bool unicode = line[i] == 'u' && i > 0 && !text::IsLetter(line[i - 1]) && i + 1 < line.size();
    if (unicode && IsQuote(line[i + 1])) continue;
    if (line[i] == '(' && i + 1 < line.size() && (IsQuote(line[i + 1]) || line.substr(i + 1, 2) == "u'")) continue;
    const std::size_t close = IsQuote(line[i]) ? line.find(line[i], i + 1) : kNone;
    if (close == kNone) {
      reworded += line[i];
      continue;
    }
    reworded += line.substr(i + 1, close - i - 1);
    i = close;
    const bool names = close > 0 && !text::IsDigit(line[close - 1]);
    if (names && i + 1 < line.size() && line[i + 1] == ',') ++i;
  }
}

/// "After 10 training step(s), loss ..." is "step 10, loss ...".
bool CountFirst(string_view line, std::string& reworded) {
  constexpr std::array kNouns = {string_view("step"),  string_view("epoch"), string_view("iteration"),
                                 string_view("iter"),  string_view("batch"), string_view("batches"),
                                 string_view("round"), string_view("update")};
  if (line.size() < 8 || !(line.starts_with("After ") || line.starts_with("after "))) return false;
  std::size_t at = 6;
  const auto number = text::ScanNumber(line.substr(at));
  if (!number || !number->integral || number->value < 0) return false;
  const string_view count = line.substr(at, number->length);
  at += number->length;
  for (int words = 0; words < 2 && at < line.size() && line[at] == ' '; ++words) {
    std::size_t end = ++at;
    while (end < line.size() && text::IsLetter(line[end])) ++end;
    const string_view word = line.substr(at, end - at);
    at = end;
    for (const string_view noun : kNouns) {
      if (word != noun && !(word.starts_with(noun) && word.size() == noun.size() + 1 && word.back() == 's')) continue;
      if (line.substr(at).starts_with("(s)")) at += 3;
      reworded = noun;
      reworded.append(" ").append(count);
      reworded += line.substr(at).starts_with(' ') ? string_view(",") : string_view();
      reworded += line.substr(at);
      return true;
    }
  }
  return false;
}

/// "3 epoch", alone on its line, is "epoch 3".
bool CountBeforeNoun(string_view line, std::string& reworded) {
  constexpr std::size_t kLongest = 24;
  const std::size_t begin = line.find_first_not_of(' ');
  if (line.size() > kLongest || begin == kNone || !text::IsDigit(line[begin])) return false;
  const auto number = text::ScanNumber(line.substr(begin));
  if (!number || !number->integral) return false;
  const string_view noun = line.substr(begin + number->length);
  if (noun != " epoch" && noun != " Epoch" && noun != " epoch:" && noun != " Epoch:") return false;
  reworded = "epoch ";
  reworded.append(line.substr(begin, number->length));
  return true;
}

/// "第3轮 loss: 0.5" is "epoch 3 loss: 0.5".
bool CountOrdinal(string_view line, std::string& reworded) {
  struct Noun {
    string_view written, meant;
  };
  constexpr string_view kOrdinal = "第", kOf = "的";
  constexpr std::array kNouns = {Noun{"轮", "epoch"},      Noun{"个epoch", "epoch"}, Noun{"个Epoch", "epoch"},
                                 Noun{"epoch", "epoch"},   Noun{"代", "epoch"},      Noun{"周期", "epoch"},
                                 Noun{"步", "step"},       Noun{"次迭代", "step"},   Noun{"次训练", "step"},
                                 Noun{"个batch", "batch"}, Noun{"批次", "batch"},    Noun{"次", "step"}};
  const std::size_t begin = line.find(kOrdinal);
  if (begin == kNone) return false;
  std::size_t at = line.find_first_not_of(' ', begin + kOrdinal.size());
  const auto number = at == kNone ? std::nullopt : text::ScanNumber(line.substr(at));
  if (!number || !number->integral) return false;
  const string_view count = line.substr(at, number->length);
  at = line.find_first_not_of(' ', at + number->length);
  if (at == kNone) return false;
  for (const Noun& noun : kNouns) {
    if (!line.substr(at).starts_with(noun.written)) continue;
    at += noun.written.size();
    if (line.substr(at).starts_with(kOf)) at += kOf.size();
    reworded = line.substr(0, begin);
    reworded.append(noun.meant).append(" ").append(count).append(", ").append(line.substr(at));
    return true;
  }
  return false;
}

/// "3번째 스텝의 손실: 0.5" is "step 3, 손실: 0.5".
bool CountKoreanOrdinal(string_view line, std::string& reworded) {
  constexpr string_view kOrdinal = "번째", kOf = "의";
  struct Noun {
    string_view written, meant;
  };
  constexpr std::array kNouns = {Noun{"에포크", "epoch"}, Noun{"에폭", "epoch"}, Noun{"epoch", "epoch"},
                                 Noun{"Epoch", "epoch"},  Noun{"스텝", "step"},  Noun{"step", "step"},
                                 Noun{"반복", "iter"},    Noun{"배치", "batch"}};
  const std::size_t sign = line.find(kOrdinal);
  if (sign == kNone || sign == 0) return false;
  std::size_t begin = sign;
  while (begin > 0 && text::IsDigit(line[begin - 1])) --begin;
  std::size_t at = line.find_first_not_of(' ', sign + kOrdinal.size());
  if (begin == sign || at == kNone) return false;
  const auto noun = std::ranges::find_if(kNouns, [&](const Noun& n) { return line.substr(at).starts_with(n.written); });
  if (noun == kNouns.end()) return false;
  at += noun->written.size();
  if (line.substr(at).starts_with(kOf)) at += kOf.size();
  reworded = line.substr(0, begin);
  reworded.append(noun->meant).append(" ").append(line.substr(begin, sign - begin)).append(",").append(line.substr(at));
  return true;
}

/// "损失为0.5" is "损失: 0.5".
bool PartFromVerb(string_view line, std::string& reworded) {
  constexpr string_view kVerb = "为";
  bool parted = false;
  std::size_t begin = 0;
  for (std::size_t at = line.find(kVerb); at != kNone; at = line.find(kVerb, at + kVerb.size())) {
    const std::size_t number = line.find_first_not_of(' ', at + kVerb.size());
    if (number == kNone || !text::IsDigit(line[number]) || at == 0) continue;
    if (!parted) reworded.clear();
    reworded.append(line.substr(begin, at - begin)).append(": ");
    begin = number;
    parted = true;
  }
  if (parted) reworded.append(line.substr(begin));
  return parted;
}

bool RewordWhole(string_view line, std::string& reworded) {
  if (IsQuote(line[0])) return Unquote(line, reworded);
  if (line[0] == '{') {
    if (!OpenMessage(line, reworded)) return false;
    if (std::string message; Reword(reworded, message)) reworded = std::move(message);
    return true;
  }
  if (const std::size_t begin = TupleBegin(line); begin != kNone) {
    if (LooksLikeSource(line)) return false;
    UnpackTuple(line, begin, reworded);
    return true;
  }
  return CountFirst(line, reworded) || CountBeforeNoun(line, reworded) || CountOrdinal(line, reworded) ||
         CountKoreanOrdinal(line, reworded);
}

}  // namespace

bool Reword(string_view line, std::string& reworded) {
  const std::size_t last = line.find_last_not_of(" \t");
  if (last == kNone) return false;
  line = line.substr(0, last + 1);
  if (!RewordWhole(line, reworded)) return PartFromVerb(line, reworded);
  if (std::string parted; PartFromVerb(reworded, parted)) reworded = std::move(parted);
  return true;
}

}  // namespace lossd::readers
