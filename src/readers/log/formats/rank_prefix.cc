#include "readers/log/formats/rank_prefix.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>

#include "text/characters.h"
#include "text/hash.h"

namespace lossd::readers {
namespace {

using std::string_view;

constexpr std::size_t kLongestRank = 5;  // digits

/// Case-insensitively; `lower` is in lower case.
bool BeginsWith(string_view text, string_view lower) {
  return text.size() >= lower.size() &&
         std::equal(lower.begin(), lower.end(), text.begin(), [](char l, char t) { return l == text::ToLower(t); });
}

/// Takes the digits at the front of `text`.
std::optional<std::int64_t> TakeDigits(string_view& text) {
  std::int64_t value = 0;
  const char* last = text.data() + std::min(text.size(), kLongestRank);
  const auto [end, error] = std::from_chars(text.data(), last, value);
  if (error != std::errc() || value < 0 ||
      (end == last && text.size() > kLongestRank && text::IsDigit(text[kLongestRank])))
    return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

void TrimLeft(string_view& text) {
  while (!text.empty() && text::IsBlank(text.front())) text.remove_prefix(1);
}

/// Takes one prefix in brackets: `[rank0]:`, `[Rank 0]`, `[default7]:`, `[RANK:0]`.
std::optional<std::int64_t> TakeBracketed(string_view& line) {
  string_view text = line;
  text.remove_prefix(1);
  for (const string_view word : {"rank:", "rank ", "rank", "default", "global_rank:", "process ", "process:", "proc ",
                                 "gpu ", "gpu:", "gpu", "cuda:", "device ", "worker ", "worker:", "worker-"}) {
    if (!BeginsWith(text, word)) continue;
    string_view rest = text.substr(word.size());
    TrimLeft(rest);
    const auto rank = TakeDigits(rest);
    if (!rank || rest.empty() || rest.front() != ']') continue;
    rest.remove_prefix(1);
    if (!rest.empty() && rest.front() == ':') rest.remove_prefix(1);
    line = rest;
    return rank;
  }
  return std::nullopt;
}

/// Takes Open MPI's `[1,0]<stdout>:` and SageMaker's `[1,mpirank:0,algo-1]<stdout>:`.
std::optional<std::int64_t> TakeMpi(string_view& line) {
  string_view text = line;
  text.remove_prefix(1);
  if (!TakeDigits(text) || text.empty() || text.front() != ',') return std::nullopt;
  text.remove_prefix(1);
  if (BeginsWith(text, "mpirank:")) text.remove_prefix(8);
  const auto rank = TakeDigits(text);
  const std::size_t close = text.find("]<std");
  if (!rank || close == string_view::npos || close > 16) return std::nullopt;
  const std::size_t end = text.find(">:", close);
  if (end == string_view::npos || end - close > 10) return std::nullopt;
  line = text.substr(end + 2);
  return rank;
}

/// Takes `Rank 2:`, `rank2:`, `(rank 2)`, `Rank 2 | `.
std::optional<std::int64_t> TakeWord(string_view& line) {
  string_view text = line;
  const bool parenthesis = !text.empty() && text.front() == '(';
  if (parenthesis) text.remove_prefix(1);
  constexpr std::array kWords = {string_view("rank"), string_view("gpu"), string_view("process"),
                                 string_view("worker")};
  const auto* const word =
      std::find_if(kWords.begin(), kWords.end(), [&](string_view known) { return BeginsWith(text, known); });
  if (word == kWords.end()) return std::nullopt;
  text.remove_prefix(word->size());
  if (!text.empty() && (text.front() == ' ' || text.front() == '=' || text.front() == '_')) text.remove_prefix(1);
  const auto rank = TakeDigits(text);
  if (!rank || text.empty()) return std::nullopt;
  const bool barred = !parenthesis && (text.starts_with(" | ") || text.starts_with(" - "));
  if (!barred && text.front() != (parenthesis ? ')' : ':')) return std::nullopt;
  line = text.substr(barred ? 3 : 1);
  return rank;
}

/// Of a process that has a name and no number: below all ranks.
std::int64_t SpeakerOf(string_view name) { return -1 - static_cast<std::int64_t>(text::HashOfRecord(name) >> 2); }

/// Takes Ray's `(train_fn pid=245, ip=10.0.0.1) ` and kubectl's `[pod/trainer-0/pytorch] `.
std::optional<std::int64_t> TakeNamed(string_view& line) {
  constexpr std::size_t kLongest = 160;
  const bool ray = line.front() == '(';
  if (!ray && !line.starts_with("[pod/")) return std::nullopt;
  const std::size_t close = line.find(ray ? ')' : ']');
  if (close == string_view::npos || close > kLongest || close + 1 >= line.size() || line[close + 1] != ' ')
    return std::nullopt;
  const string_view name = line.substr(1, close - 1);
  if (ray && name.find(" pid=") == string_view::npos) return std::nullopt;
  line.remove_prefix(close + 1);
  return SpeakerOf(name);
}

/// Takes Compose's `trainer-1  | `.
std::optional<std::int64_t> TakeComposed(string_view& line) {
  constexpr std::size_t kLongest = 64;
  std::size_t end = 0;
  while (end < line.size() && end < kLongest && !text::IsBlank(line[end])) ++end;
  const string_view name = line.substr(0, end);
  std::size_t bar = end;
  while (bar < line.size() && line[bar] == ' ') ++bar;
  const std::size_t dash = name.rfind('-');
  if (dash == string_view::npos || dash + 1 >= name.size() || !text::IsLetter(name.front()) || bar == end ||
      !line.substr(bar).starts_with("| "))
    return std::nullopt;
  if (!std::all_of(name.begin() + static_cast<std::ptrdiff_t>(dash) + 1, name.end(), text::IsDigit))
    return std::nullopt;
  line.remove_prefix(bar + 1);
  return SpeakerOf(name);
}

/// The coordinates of a process in `[INFO|DP=0|PP=3|TP=0]`, as one number: 0 where all are.
std::optional<std::int64_t> Coordinates(string_view line) {
  constexpr std::size_t kHead = 160;
  constexpr std::int64_t kMost = 100000;
  const string_view head = line.substr(0, kHead);
  if (head.find("DP=") == string_view::npos) return std::nullopt;
  std::int64_t all = 0;
  for (const string_view axis : {"DP=", "PP=", "TP=", "CP=", "EP="}) {
    const std::size_t at = head.find(axis);
    if (at == string_view::npos || (at > 0 && text::IsLetter(head[at - 1]))) continue;
    string_view digits = line.substr(at + axis.size());
    const auto value = TakeDigits(digits);
    if (!value) return std::nullopt;
    all = (all * 1000 + *value) % (kMost * kMost);
  }
  return all;
}

/// Takes `3: ` as `srun -l` writes it.
std::optional<std::int64_t> TakeBare(string_view& line) {
  string_view text = line;
  TrimLeft(text);
  if (text.empty() || !text::IsDigit(text.front())) return std::nullopt;
  const auto rank = TakeDigits(text);
  if (!rank || text.size() < 2 || text[0] != ':' || text[1] != ' ') return std::nullopt;
  line = text.substr(1);
  return rank;
}

}  // namespace

RankedLine SplitRank(string_view line) {
  RankedLine split{line, std::nullopt, false};
  constexpr int kMostPrefixes = 4;
  for (int i = 0; i < kMostPrefixes; ++i) {
    string_view text = split.text;
    TrimLeft(text);
    std::optional<std::int64_t> rank;
    if (text.empty()) return split;
    if (text.front() == '[') {
      rank = TakeBracketed(text);
      if (!rank) rank = TakeMpi(text);
      if (!rank) rank = TakeNamed(text);
    } else {
      rank = TakeWord(text);
      if (!rank && text.front() == '(') rank = TakeNamed(text);
      if (!rank && i == 0 && text::IsLetter(text.front())) rank = TakeComposed(text);
    }
    if (!rank) break;
    split.rank = rank;
    split.text = text;
  }
  if (split.rank) return split;
  string_view text = split.text;
  if (const auto rank = TakeBare(text)) return {text, rank, true};
  // axolotl: "[2024-01-01 00:00:00,000] [INFO] [module.func:12] [PID:40862] [RANK:0] text"
  const std::size_t marked = std::min(line.substr(0, 200).find("[RANK:"), line.substr(0, 200).find("[rank:"));
  if (marked != string_view::npos) {
    text = line.substr(marked);
    if (const auto rank = TakeBracketed(text)) split.rank = rank;
  } else {
    split.rank = Coordinates(line);
  }
  return split;
}

}  // namespace lossd::readers
