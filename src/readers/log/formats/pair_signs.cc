#include "readers/log/formats/pair_signs.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

#include "readers/log/formats/number_surroundings.h"
#include "readers/log/formats/object_scanner.h"
#include "readers/log/formats/spoken_name.h"
#include "readers/log/formats/tokens.h"
#include "records/vocabulary.h"
#include "text/characters.h"
#include "text/words.h"

namespace lossd::readers {
namespace {

using std::string_view;

constexpr int kMostUnclosed = 16;  // objects of a line that are tried in vain
constexpr std::size_t kNone = string_view::npos;

/// "[loss, acc] = [0.5, 0.9]", "[epoch]: 5, [loss]: 0.5"
bool EndsNameInBrackets(const PairScan& scan) {
  if (scan.name.empty() || scan.joint != 0 || scan.OffsetOf(scan.name) < 1) return false;
  const std::size_t next = SkipBlanks(scan.line, scan.at + 1);
  if (next >= scan.line.size() || (scan.line[next] != ':' && scan.line[next] != '=')) return false;
  const char before = scan.name.data()[-1];
  if (before == '[') return records::MeaningOf(scan.name).role != records::Role::kOther;
  return before == ',' || before == '/' ||
         (before == ' ' && scan.OffsetOf(scan.name) > 1 && scan.name.data()[-2] == ',');
}

/// "loss: <tf.Tensor: shape=(), dtype=float32, numpy=0.5>"
bool TakeTensor(PairScan& scan) {
  constexpr string_view kBegin = "<tf.Tensor:", kValue = " numpy=";
  if (scan.joint == 0 || scan.name.empty() || !scan.line.substr(scan.at).starts_with(kBegin)) return false;
  const std::size_t value = scan.line.find(kValue, scan.at);
  if (value == kNone || value > scan.line.find('>', scan.at)) return false;
  scan.at = value + kValue.size() - 1;
  return true;
}

/// "Step <10> Loss <2.5>"
bool TakeAngle(PairScan& scan) {
  const std::size_t begin = scan.at + 1;
  if (scan.name.empty() || begin >= scan.line.size() || !BeginsNumber(scan.line, begin)) return false;
  const auto number = text::ScanNumber(scan.line.substr(begin));
  if (!number || scan.line.substr(begin + number->length, 1) != ">") return false;
  if (scan.joint == 0) scan.joint = '[';
  return true;
}

/// "step|10", "epoch,1,loss,0.5": the sign touches a known name and its number.
bool JoinsTightly(const PairScan& scan) {
  if (scan.name.empty() || scan.joint != 0 || scan.at + 1 >= scan.line.size()) return false;
  const bool touches =
      scan.name.data() + scan.name.size() == scan.line.data() + scan.at && BeginsNumber(scan.line, scan.at + 1);
  return touches && scan.IsKnown();
}

/// "mem avg. loss": the point of a short word goes with the name, where another word follows.
bool IsAbbreviation(const PairScan& scan) {
  if (scan.name.empty() || scan.joint != 0 || scan.line.data() + scan.at != scan.name.data() + scan.name.size())
    return false;
  if (scan.at + 2 >= scan.line.size() || scan.line[scan.at + 1] != ' ' || !text::IsLetter(scan.line[scan.at + 2]))
    return false;
  constexpr std::array kShortened = {string_view("avg"), string_view("ave"), string_view("avr"),
                                     string_view("val"), string_view("tot"), string_view("trn")};
  const text::Words words(scan.name);
  return !words.empty() && std::find(kShortened.begin(), kShortened.end(), words.last()) != kShortened.end();
}

/// "training-loss, overall: 0.5": a word behind the comma goes on with the name of a loss that has no number yet.
void TakeComma(PairScan& scan) {
  if (JoinsTightly(scan)) {
    scan.joint = ',';
    ++scan.at;
    return;
  }
  const std::size_t end = !scan.name.empty() && scan.joint == 0 ? QualifierEnd(scan.line, scan.at + 1) : 0;
  const bool qualifies = end != 0 && records::MeaningOf(scan.name).role == records::Role::kLoss;
  if (!qualifies) scan.Forget();
  scan.at = qualifies ? end : scan.at + 1;
}

/// "Loss --> 0.5" and "dice_loss - 0.5" lead on to the number; "Train - Loss: 0.5" ends a thought.
void TakeDash(PairScan& scan) {
  const string_view rest = scan.line.substr(scan.at);
  if (rest.starts_with("->") || rest.starts_with("-->")) {
    scan.Separate('=');
    scan.at += rest[1] == '>' ? 2 : 3;
    return;
  }
  const auto number = text::ScanNumber(scan.line.substr(SkipBlanks(scan.line, scan.at + 1)));
  if (scan.joint == 0 && number && !number->integral && records::MeaningOf(scan.name).role == records::Role::kLoss) {
    scan.joint = '-';
  } else {
    scan.Forget();
  }
  ++scan.at;
}

/// "Training loss (epoch 3): 0.5"
bool TakeCountAside(PairScan& scan) {
  if (scan.name.empty() || scan.joint != 0) return false;
  const CountAside count = ScanCountAside(scan.line, scan.at);
  if (count.name.empty() || !scan.IsUnder(records::Role::kLoss)) return false;
  const string_view loss = scan.name;
  scan.name = count.name;
  scan.at = count.at;
  scan.Add(count.number, 0, false);
  scan.name = loss;
  scan.at = count.end;
  return true;
}

/// `loss (avg): 0.5`, `time (ms): 5`, `Epoch(train) [3]`: a word in parentheses belongs to the name before it.
void TakeParenthesis(PairScan& scan) {
  const string_view word =
      !scan.name.empty() && scan.joint == 0 ? WordInParentheses(scan.line, scan.at) : string_view();
  if (!word.empty()) {
    const records::Phase phase = records::PhaseOf(word);
    const bool arguments = word.find(',') != kNone && scan.line[scan.at - 1] != ' ';  // "loss(x, y) = 0.5"
    scan.at += word.size() + 2;
    if (arguments) return;
    if (phase != records::Phase::kUnsaid) {
      scan.phase = phase;
    } else {
      scan.name =
          string_view(scan.name.data(), static_cast<std::size_t>(scan.line.data() + scan.at - scan.name.data()));
    }
    return;
  }
  if (TakeCountAside(scan)) return;
  const std::size_t inside = scan.at + 1;
  if (!scan.name.empty() && scan.at > 0 && inside < scan.line.size() && text::IsDigit(scan.line[inside])) {
    const bool apart = text::IsBlank(scan.line[scan.at - 1]);
    const records::Role role = records::MeaningOf(scan.name).role;
    if ((role == records::Role::kStep && apart) || role == records::Role::kEpoch) {
      scan.joint = '(';
      ++scan.at;
      return;
    }
  }
  // "lr:(2.000e-04,)"
  if (scan.joint != 0 && inside < scan.line.size() && text::IsDigit(scan.line[inside]) &&
      records::MeaningOf(scan.name).role == records::Role::kLearningRate) {
    ++scan.at;
    return;
  }
  if (scan.at > 0 && (IsNameByte(scan.line[scan.at - 1]) || text::IsDigit(scan.line[scan.at - 1])) &&
      !scan.name.empty())
    ++scan.calls;
  scan.Forget();
  ++scan.at;
}

/// Where the bracket that opens at hand ends, if it holds a range and a separator follows: "avg. loss [51-100]: 0.5".
std::size_t RangeAsideEnd(const PairScan& scan) {
  const auto range = ScanRange(scan.line, scan.at + 1, true);
  if (!range || scan.line.substr(range->end, 2) != "]:") return kNone;
  return !scan.name.empty() && scan.joint == 0 && scan.IsUnder(records::Role::kLoss) ? range->end : kNone;
}

/// `lr: [0.01]` and `Step [1/100]` keep the name; `tot_loss[loss=1.0, ...]` opens a group.
void TakeBracket(PairScan& scan) {
  if (const std::size_t end = RangeAsideEnd(scan); end != kNone) {
    scan.at = end;
    return;
  }
  std::size_t next = SkipBlanks(scan.line, scan.at + 1);
  if (scan.joint != 0 && next < scan.line.size() && scan.line[next] == '[')
    next = SkipBlanks(scan.line, next + 1);  // "[[0.5]]"
  const bool value =
      next < scan.line.size() && (text::IsDigit(scan.line[next]) || scan.line[next] == '-' || scan.line[next] == '.');
  const bool named = scan.joint != 0 || scan.IsUnder(records::Role::kLoss);
  const std::size_t word_end = named && next < scan.line.size() ? WordEnd(scan.line, next) : next;
  const bool wrapped = word_end != next && IsWrapper(scan.line, scan.line.substr(next, word_end - next),
                                                     word_end);  // "[array(0.5, dtype=float32)]", "[tensor(0.5)]"
  if (value || wrapped) {
    if (scan.joint == 0 && !scan.name.empty()) scan.joint = '[';
    return;
  }
  if (scan.at > 0 && IsNameByte(scan.line[scan.at - 1]) && !scan.name.empty()) scan.group = scan.name;
  scan.Forget();
}

}  // namespace

void TakeSign(PairScan& scan) {
  const char c = scan.line[scan.at];
  switch (c) {
    case ':':
      scan.Separate(c);
      break;
    case '=':
      scan.Separate(c);
      if (scan.line.substr(scan.at, 2) == "=>") ++scan.at;
      break;
    case ' ':
    case '\t':
    case '"':
    case '\'':
    case '#':
      break;
    case '{': {
      // An object in quotes is a text in a program.
      const bool literal = scan.at > 0 && string_view("\"'`(").find(scan.line[scan.at - 1]) != kNone;
      if (literal) {
        scan.at = scan.line.size();
        return;
      }
      // Each one that does not close was read to the line's end in vain.
      const std::size_t end =
          scan.unclosed < kMostUnclosed
              ? ScanObject(scan.line, scan.at, scan.phase, scan.name.empty() ? scan.subject : scan.name, scan.fields)
              : scan.at;
      if (end == scan.at) ++scan.unclosed;
      scan.Forget();
      if (end > scan.at) {
        scan.at = end;
        return;
      }
      break;
    }
    case ',':
      TakeComma(scan);
      return;
    case '(':
      TakeParenthesis(scan);
      return;
    case ')':
      if (scan.calls > 0) --scan.calls;
      scan.Forget();
      break;
    case '[':
      TakeBracket(scan);
      break;
    case ']':
      scan.group = {};
      if (!EndsNameInBrackets(scan)) scan.Forget();
      break;
    case '<':
      if (!TakeAngle(scan) && !TakeTensor(scan)) scan.Forget();
      break;
    case '|':
      if (scan.row && !scan.name.empty() && scan.joint == 0 && IsLastCell(scan.line, scan.at)) {
        scan.joint = '|';
      } else if (!scan.row && scan.joint == 0 && IsLastFraction(scan.line, scan.at + 1) &&
                 records::MeaningOf(scan.name).role == records::Role::kLoss) {
        scan.joint = '=';  // "eval CrossEntropyLoss |  2.5"
      } else if (!scan.row && JoinsTightly(scan)) {
        scan.joint = '=';
      } else {
        scan.Forget();
      }
      break;
    case '.':
      // "Step... (500 | Loss: 2.5)"
      if (IsAbbreviation(scan)) {
        scan.name = scan.line.substr(scan.OffsetOf(scan.name), scan.name.size() + 1);
      } else if (scan.line.substr(scan.at, 2) != ".." && (scan.at == 0 || scan.line[scan.at - 1] != '.')) {
        scan.Forget();
      }
      break;
    case '-':
      TakeDash(scan);
      return;
    case '%':
    case '~':
      // "loss:%2.5" is a slip in a format, "loss: ~2.5" was rounded.
      if (scan.joint == 0 || scan.at + 1 == scan.line.size() || !text::IsDigit(scan.line[scan.at + 1])) scan.Forget();
      break;
    default:
      scan.Forget();
  }
  ++scan.at;
}

}  // namespace lossd::readers
