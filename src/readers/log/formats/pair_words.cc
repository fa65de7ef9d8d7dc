#include "readers/log/formats/pair_words.h"

#include <cstddef>
#include <string_view>

#include "readers/log/formats/number_surroundings.h"
#include "readers/log/formats/spoken_name.h"
#include "readers/log/formats/tokens.h"
#include "records/vocabulary.h"
#include "text/characters.h"

namespace lossd::readers {
namespace {

using std::string_view;

constexpr std::size_t kNone = string_view::npos;

bool OpensQuote(const PairScan& scan) {
  return scan.at > 0 &&
         (scan.line[scan.at - 1] == '"' || scan.line[scan.at - 1] == '\'' || scan.line[scan.at - 1] == '`');
}

/// "run=baseline step 5": a value that is a word, and no part of the name behind it.
bool IsTextOfPair(const PairScan& scan, std::size_t end) {
  if (scan.joint != '=' || scan.name.empty() || scan.line[scan.at - 1] != '=') return false;
  if (end < scan.line.size() && string_view(" ,;)]|\t").find(scan.line[end]) == kNone) return false;
  const std::size_t next = SkipBlanks(scan.line, end);
  return next >= scan.line.size() || !BeginsNumber(scan.line, next);
}

/// Where "Style 2 loss" begins, at its last word; npos where no such name leads up to here.
std::size_t NumberedPartBegin(const PairScan& scan) {
  if (scan.fields.all.empty()) return kNone;
  const records::Field& last = scan.fields.all.back();
  const bool touches = last.joint == ' ' && last.number.integral && last.total == 0 &&
                       last.at + last.number.length + 1 == scan.at && scan.line[scan.at - 1] == ' ';
  return touches && IsModelPart(last.name) ? last.begin : kNone;
}

/// "step-146352, loss=4.3", "epoch3 it10 loss 0.5": a counter that is one word with its number.
bool TakeJoinedCount(PairScan& scan, string_view word) {
  if (!scan.name.empty() || !text::IsDigit(word.back())) return false;
  std::size_t begin = word.size();
  while (begin > 0 && text::IsDigit(word[begin - 1])) --begin;
  const bool dash = begin > 0 && word[begin - 1] == '-';
  const string_view name = word.substr(0, dash ? begin - 1 : begin);
  constexpr std::size_t kShortest = 2, kLongest = 9;
  if (name.size() < kShortest || (!dash && name.size() > kLongest)) return false;
  const auto number = text::WholeNumber(word.substr(begin));
  const records::Role role = records::MeaningOf(name).role;
  if (!number || !number->integral || (role != records::Role::kStep && role != records::Role::kEpoch)) return false;
  scan.name = name;
  scan.joint = dash ? '-' : ' ';
  scan.at += begin;
  scan.Add(*number, 0, false);
  scan.at += number->length;
  return true;
}

/// How far apart two words of one name may stand: quotes about one of them count.
std::size_t Gap(const PairScan& scan) {
  const std::size_t end = static_cast<std::size_t>(scan.name.data() + scan.name.size() - scan.line.data());
  if (scan.at > 0 && scan.line[scan.at - 1] == '\t') return 0;
  return end < scan.line.size() && (scan.line[end] == '\'')                                 ? 2
         : scan.at > 0 && (scan.line[scan.at - 1] == '\'' || scan.line[scan.at - 1] == '"') ? 2
                                                                                            : 1;
}

/// `loss=tensor(0.5, device='cuda:0')`, `np.float32(0.5)`, `tensor([0.5])`: on to the number.
bool TakeWrapper(PairScan& scan, string_view word, std::size_t end) {
  if (scan.name.empty() || !IsWrapper(scan.line, word, end)) return false;
  if (scan.joint == 0 && records::MeaningOf(scan.name).role != records::Role::kLoss) return false;
  if (scan.joint == 0) scan.joint = ' ';
  scan.at = scan.line.find_first_not_of('[', end + 1);
  return true;
}

/// `nan` and `inf` are numbers only where a name that is known, or a separator, leads up to them.
bool TakeNonFinite(PairScan& scan, string_view word, std::size_t end) {
  if (scan.name.empty() && scan.open_name.empty()) return false;
  const auto number = text::ScanNumber(word);
  if (!number || number->length != word.size()) return false;
  if (scan.joint == 0 && records::MeaningOf(scan.name).role == records::Role::kOther) return false;
  const std::size_t next = SkipBlanks(scan.line, end);
  // "Loss: nan: 100%" ends a record's head; "nan: 5" and "nan=5" are names.
  const bool told = scan.joint != 0 && scan.IsUnder(records::Role::kLoss);
  if (next < scan.line.size() && (scan.line[next] == '=' || (scan.line[next] == ':' && next == end && !told)))
    return false;
  scan.Add(*number, 0, false);
  scan.at = end;
  scan.at = AverageEnd(scan.line, scan.at);
  return true;
}

}  // namespace

void TakeWord(PairScan& scan) {
  const std::size_t end = WordEnd(scan.line, scan.at);
  const string_view word = scan.line.substr(scan.at, end - scan.at);
  if (TakeNonFinite(scan, word, end) || TakeJoinedCount(scan, word)) return;
  if (!scan.open_name.empty() && (word == "is" || word == "was")) {
    scan.at = end;
    return;
  }
  if (TakeWrapper(scan, word, end)) return;
  const records::Phase phase = records::PhaseOf(word);
  if (phase != records::Phase::kUnsaid) {
    scan.phase_before = scan.phase;
    scan.phase = phase;
  }
  if (IsTextOfPair(scan, end)) {
    scan.Forget();
    scan.at = end;
    return;
  }
  const bool touches =
      !scan.name.empty() && scan.joint == 0 && !IsLogLevel(word) &&
      static_cast<std::size_t>(scan.line.data() + scan.at - (scan.name.data() + scan.name.size())) <= Gap(scan);
  if (touches) {
    scan.quoted =
        scan.quoted || (OpensQuote(scan) && (end >= scan.line.size() || scan.line[end] != scan.line[scan.at - 1]));
    scan.name = string_view(scan.name.data(), static_cast<std::size_t>(scan.line.data() + end - scan.name.data()));
  } else if (IsPreposition(word) || IsLogLevel(word) || IsCodePlace(scan.line, word, end)) {
    scan.Forget();
    scan.at = end;
    return;
  } else if (const std::size_t begin = NumberedPartBegin(scan); begin != kNone) {
    scan.name = scan.line.substr(begin, end - begin);
  } else {
    scan.name = word;
    scan.joint = 0;
    scan.quoted = OpensQuote(scan);
  }
  scan.open_name = {};
  scan.at = end;
}

}  // namespace lossd::readers
