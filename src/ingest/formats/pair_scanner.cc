#include "ingest/formats/pair_scanner.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>

#include "ingest/formats/characters.h"
#include "ingest/formats/number_surroundings.h"
#include "ingest/formats/object_scanner.h"

namespace lossd::ingest {
namespace {

using std::string_view;

constexpr std::size_t kNone = string_view::npos;

bool IsNameByte(char c) { return IsLetter(c) || c == '_' || IsWide(c); }
bool IsJoint(char c) { return c == '.' || c == '/' || c == '-' || c == '@' || c == '\\'; }

class PairScanner {
 public:
  PairScanner(string_view line, Fields& fields) : line_(line), fields_(fields) {
    const std::size_t first = SkipBlanks(line, 0);
    row_ = first < line.size() && line[first] == '|';
  }

  void Run() {
    while (at_ < line_.size()) {
      const char c = line_[at_];
      if (BeginsNumber()) {
        TakeNumber();
      } else if (IsWide(c) && WideSeparator(line_, at_) != 0) {
        if (IsFullWidthColon(line_, at_)) {
          Separate(':');
        } else {
          Forget();
        }
        at_ += WideSeparator(line_, at_);
      } else if (IsNameByte(c)) {
        TakeWord();
      } else {
        TakePunctuation(c);
      }
    }
  }

 private:
  bool BeginsNumber() const {
    const char c = line_[at_];
    if (IsDigit(c)) return true;
    if ((c != '-' && c != '+' && c != '.') || at_ + 1 >= line_.size()) return false;
    const char next = line_[at_ + 1];
    if (c == '.') return IsDigit(next);
    return IsDigit(next) || (next == '.' && at_ + 2 < line_.size() && IsDigit(line_[at_ + 2])) || next == 'i' ||
           next == 'n';
  }

  std::size_t WordEnd(std::size_t at) const {
    while (at < line_.size()) {
      const char c = line_[at];
      if (IsDigit(c) || (IsNameByte(c) && !(IsWide(c) && WideSeparator(line_, at) != 0))) {
        ++at;
      } else if (IsJoint(c) && at + 1 < line_.size() &&
                 (IsLetter(line_[at + 1]) || IsDigit(line_[at + 1]) || line_[at + 1] == '_')) {
        at += 2;
      } else if (c == '\'' && line_.substr(at, 3) == "'s ") {
        at += 3;  // "valid_0's auc" is one name
      } else if (c == '.' && at + 2 < line_.size() && line_[at + 1] == ' ' && IsDigit(line_[at + 2])) {
        return at + 1;  // "Ep. 1 : Up. 100"
      } else {
        break;
      }
    }
    return at;
  }

  // --- names ---

  void Forget() {
    name_ = {};
    open_name_ = {};
    joint_ = 0;
    quoted_ = false;
  }
  void Separate(char joint) {
    if (!name_.empty() || !open_name_.empty()) joint_ = joint;
  }

  void TakeWord() {
    const std::size_t end = WordEnd(at_);
    const string_view word = line_.substr(at_, end - at_);
    if (TakeNonFinite(word, end)) return;
    if (!open_name_.empty() && (word == "is" || word == "was")) {
      at_ = end;
      return;
    }
    if (TakeWrapper(word, end)) return;
    const Phase phase = PhaseOf(word);
    if (phase != Phase::kUnsaid) {
      phase_before_ = phase_;
      phase_ = phase;
    }
    const bool touches = !name_.empty() && joint_ == 0 &&
                         static_cast<std::size_t>(line_.data() + at_ - (name_.data() + name_.size())) <= Gap();
    if (touches) {
      name_ = string_view(name_.data(), static_cast<std::size_t>(line_.data() + end - name_.data()));
    } else {
      name_ = word;
      joint_ = 0;
      quoted_ = at_ > 0 && (line_[at_ - 1] == '"' || line_[at_ - 1] == '\'' || line_[at_ - 1] == '`');
    }
    open_name_ = {};
    at_ = end;
  }

  /// How far apart two words of one name may stand: quotes about one of them count.
  std::size_t Gap() const {
    const std::size_t end = static_cast<std::size_t>(name_.data() + name_.size() - line_.data());
    return end < line_.size() && (line_[end] == '\'')                     ? 2
           : at_ > 0 && (line_[at_ - 1] == '\'' || line_[at_ - 1] == '"') ? 2
                                                                          : 1;
  }

  /// `loss=tensor(0.5, device='cuda:0')`, `np.float32(0.5)`: on to the number.
  bool TakeWrapper(string_view word, std::size_t end) {
    if (joint_ == 0 || name_.empty() || end + 1 >= line_.size() || line_[end] != '(') return false;
    if (word != "tensor" && word != "array" && word != "Array" && !word.starts_with("np.") &&
        !word.starts_with("torch."))
      return false;
    if (!IsDigit(line_[end + 1]) && line_[end + 1] != '-' && line_[end + 1] != '.') return false;
    at_ = end + 1;
    return true;
  }

  /// `nan` and `inf` are numbers only where a name that is known, or a separator, leads up to them.
  bool TakeNonFinite(string_view word, std::size_t end) {
    if (name_.empty() && open_name_.empty()) return false;
    const auto number = ScanNumber(word);
    if (!number || number->length != word.size()) return false;
    if (joint_ == 0 && MeaningOf(name_).role == Role::kOther) return false;
    const std::size_t next = SkipBlanks(line_, end);
    if (next < line_.size() && (line_[next] == '=' || (line_[next] == ':' && next == end))) return false;
    AddField(*number, 0, false);
    at_ = end;
    SkipAverage();
    return true;
  }

  // --- numbers ---

  void TakeNumber() {
    if (TakeRange()) return;
    const auto number = ScanNumber(line_.substr(at_));
    if (!number) {
      SkipJunk();
      return;
    }
    Number value = *number;
    std::size_t end = at_ + value.length;
    double total = 0;
    bool unit = false;
    if (end < line_.size() && (IsNameByte(line_[end]) || line_[end] == '%')) {
      if (TakeGluedName(value, end)) return;
      unit = !IsGluedLogPrefix(line_, end) && WideSeparator(line_, end) == 0;
    } else if (value.integral) {
      const auto fraction = TotalEnd(line_, end);
      if (fraction == kNone) {
        SkipJunk();
        return;
      }
      if (fraction != 0) {
        total = ScanNumber(line_.substr(TotalBegin(line_, end)))->value;
        end = fraction;
      }
    }
    if (total == 0 && !unit) SumUp(line_, value, end);
    if (IsTime(line_, end) && total != 0) {  // [08/30 23:00:36]
      at_ = end;
      Forget();
      return;
    }
    AddField(value, total, unit);
    if (total != 0) fields_.all.back().bar = IsBar(line_, end);
    at_ = unit ? std::max(WordEnd(end), end + 1) : end;
    SkipAverage();
  }

  /// Dates, versions, addresses: on to where their characters end.
  void SkipJunk() {
    while (at_ < line_.size()) {
      const char c = line_[at_];
      const bool inner = (c == '.' || c == ':' || c == '-' || c == '/' || c == ',' || c == '+') &&
                         at_ + 1 < line_.size() && IsDigit(line_[at_ + 1]);
      if (!inner && !IsDigit(c) && !IsLetter(c) && c != '_') break;
      ++at_;
    }
    if (at_ < line_.size() && !IsDigit(line_[at_]) && (line_[at_] == '-' || line_[at_] == '+' || line_[at_] == '.'))
      ++at_;
    Forget();
  }

  /// `minibatches 60-69`, `181-270batch`: the last of them.
  bool TakeRange() {
    std::size_t i = at_;
    while (i < line_.size() && IsDigit(line_[i])) ++i;
    if (i == at_ || i >= line_.size() || line_[i] != '-') return false;
    const std::size_t second = joint_ == '[' ? SkipBlanks(line_, i + 1) : i + 1;  // "Minibatch[   1-  10]
    std::size_t end = second;
    while (end < line_.size() && IsDigit(line_[end])) ++end;
    if (end == second || (end < line_.size() && (line_[end] == '-' || line_[end] == '.' || line_[end] == ':')))
      return false;
    const auto number = ScanNumber(line_.substr(second, end - second));
    if (!number) return false;
    if (TakeGluedName(*number, end)) return true;
    if (end < line_.size() && IsNameByte(line_[end])) return false;
    AddField(*number, 0, false);
    at_ = end;
    return true;
  }

  /// `1epoch`, `270batch`: the name stands behind the number.
  bool TakeGluedName(const Number& number, std::size_t end) {
    std::size_t name_end = end;
    while (name_end < line_.size() && IsLetter(line_[name_end])) ++name_end;
    const string_view name = line_.substr(end, name_end - end);
    if (!number.integral || (name != "epoch" && name != "batch" && name != "iter" && name != "step")) return false;
    name_ = name;
    name_is_behind_ = true;
    AddField(number, 0, false);
    name_is_behind_ = false;
    at_ = name_end;
    return true;
  }

  /// Behind a value: `(7.19)`, `( 10%)`, `(-1.60z)`, `(33)`.
  void SkipAverage() {
    const std::size_t open = SkipBlanks(line_, at_);
    if (open >= line_.size() || line_[open] != '(') return;
    std::size_t i = SkipBlanks(line_, open + 1);
    if (i >= line_.size()) return;
    const bool number = IsDigit(line_[i]) || line_[i] == '-' || line_[i] == '+' || line_[i] == '.' || line_[i] == '*' ||
                        line_.substr(i, 3) == "nan";
    const std::size_t close = line_.find(')', i);
    if (!number || close == kNone || close - open > 40) return;
    at_ = close + 1;
  }

  void AddField(const Number& number, double total, bool unit) {
    Field field;
    field.number = number;
    field.total = total;
    field.at = field.begin = static_cast<std::uint32_t>(at_);
    field.phase = phase_;
    field.unit = unit;
    // "val=0.6" names a number, and says nothing of those behind it.
    if (joint_ == '=' && PhaseOf(name_) != Phase::kUnsaid) phase_ = phase_before_;
    field.call = calls_ > 0;
    field.quoted = quoted_;
    field.group = group_;
    if (!open_name_.empty()) {
      field.name = open_name_;
      field.begin = OffsetOf(field.name);
      field.joint = joint_ != 0 ? joint_ : ' ';
      fields_.all.push_back(field);
      Forget();
      return;
    }
    string_view open;
    // "module:function:246" is a place in a program.
    const bool place = joint_ == ':' && !name_.empty() && name_.data() > line_.data() && name_.data()[-1] == ':' &&
                       at_ > 0 && line_[at_ - 1] == ':';
    field.name = place ? string_view() : WithoutTail(name_, open);
    field.joint = name_.empty() ? '\0' : joint_ != 0 ? joint_ : ' ';
    if (!field.name.empty() && !name_is_behind_) field.begin = OffsetOf(field.name);
    fields_.all.push_back(field);
    Forget();
    open_name_ = open;
  }

  std::uint32_t OffsetOf(string_view name) const { return static_cast<std::uint32_t>(name.data() - line_.data()); }

  /// Of `Cost after iteration` the part that the number belongs to; `open` gets the rest, which waits for the next one.
  /// A verb at the end of a name goes: `learning rate is`.
  static string_view WithoutTail(string_view name, string_view& open) {
    for (const string_view verb : {" is", " was", " of", " to", " ="}) {
      if (name.size() > verb.size() && name.ends_with(verb)) name.remove_suffix(verb.size());
    }
    std::size_t split = kNone, length = 0;
    for (const string_view preposition : {" at ", " after ", " for ", " in ", " @ ", " on "}) {
      const std::size_t found = name.rfind(preposition);
      if (found != kNone && (split == kNone || found > split)) {
        split = found;
        length = preposition.size();
      }
    }
    if (split == kNone) return name;
    const string_view tail = name.substr(split + length);
    const Role role = MeaningOf(tail).role;
    if (role != Role::kStep && role != Role::kEpoch) return name;
    open = name.substr(0, split);
    return tail;
  }

  // --- all else ---

  void TakePunctuation(char c) {
    switch (c) {
      case ':':
      case '=':
        Separate(c);
        break;
      case ' ':
      case '\t':
      case '"':
      case '\'':
      case '#':
        break;
      case '{': {
        // An object in quotes is a text in a program.
        const bool literal = at_ > 0 && string_view("\"'`(").find(line_[at_ - 1]) != kNone;
        if (literal) {
          at_ = line_.size();
          return;
        }
        const std::size_t end = ScanObject(line_, at_, phase_, name_, fields_);
        Forget();
        if (end > at_) {
          at_ = end;
          return;
        }
        break;
      }
      case '(':
        TakeParenthesis();
        return;
      case ')':
        if (calls_ > 0) --calls_;
        Forget();
        break;
      case '[':
        TakeBracket();
        break;
      case ']':
        group_ = {};
        Forget();
        break;
      case '|':
        if (row_ && !name_.empty() && joint_ == 0 && IsLastCell()) {
          joint_ = '|';
        } else {
          Forget();
        }
        break;
      case '.':
        // "Step... (500 | Loss: 2.5)"
        if (line_.substr(at_, 2) != ".." && (at_ == 0 || line_[at_ - 1] != '.')) Forget();
        break;
      case '-':
        // "Train - Loss: 0.5": the dash ends a thought; "loss - 0.5" is too rare to guess.
        Forget();
        break;
      default:
        Forget();
    }
    ++at_;
  }

  /// `loss (avg): 0.5`, `time (ms): 5`, `Epoch(train) [3]`: a word in parentheses belongs to the name before it.
  void TakeParenthesis() {
    const std::size_t close = line_.find(')', at_);
    if (!name_.empty() && joint_ == 0 && close != kNone && close - at_ <= 16) {
      const string_view inside = line_.substr(at_ + 1, close - at_ - 1);
      const bool plain = !inside.empty() && std::none_of(inside.begin(), inside.end(),
                                                         [](char c) { return IsDigit(c) || c == '=' || c == ':'; });
      if (plain) {
        const Phase phase = PhaseOf(inside);
        if (phase != Phase::kUnsaid) {
          phase_ = phase;
        } else {
          name_ = string_view(name_.data(), static_cast<std::size_t>(line_.data() + close + 1 - name_.data()));
        }
        at_ = close + 1;
        return;
      }
    }
    const std::size_t inside = at_ + 1;
    if (!name_.empty() && at_ > 0 && IsBlank(line_[at_ - 1]) && inside < line_.size() && IsDigit(line_[inside])) {
      const Role role = MeaningOf(name_).role;
      if (role == Role::kStep || role == Role::kEpoch) {
        joint_ = '(';
        ++at_;
        return;
      }
    }
    if (at_ > 0 && (IsNameByte(line_[at_ - 1]) || IsDigit(line_[at_ - 1])) && !name_.empty()) ++calls_;
    Forget();
    ++at_;
  }

  /// `lr: [0.01]` and `Step [1/100]` keep the name; `tot_loss[loss=1.0, ...]` opens a group.
  void TakeBracket() {
    const std::size_t next = SkipBlanks(line_, at_ + 1);
    const bool value = next < line_.size() && (IsDigit(line_[next]) || line_[next] == '-' || line_[next] == '.');
    if (value) {
      if (joint_ == 0 && !name_.empty()) joint_ = '[';
      return;
    }
    if (at_ > 0 && IsNameByte(line_[at_ - 1]) && !name_.empty()) group_ = name_;
    Forget();
  }

  /// Within a row of a table: whether one number and the end of the row follow.
  bool IsLastCell() const {
    const std::size_t begin = SkipBlanks(line_, at_ + 1);
    if (begin >= line_.size()) return false;
    const auto number = ScanNumber(line_.substr(begin));
    if (!number) return false;
    const std::size_t end = SkipBlanks(line_, begin + number->length);
    return end < line_.size() && line_[end] == '|' && SkipBlanks(line_, end + 1) == line_.size();
  }

  string_view line_;
  Fields& fields_;
  std::size_t at_ = 0;
  string_view name_;
  string_view open_name_;  // waits for its number: "Cost" in "Cost after iteration 10: 0.5"
  string_view group_;
  char joint_ = 0;
  int calls_ = 0;
  bool quoted_ = false;
  bool name_is_behind_ = false;
  bool row_ = false;  // the line is a row of a table
  Phase phase_ = Phase::kUnsaid;
  Phase phase_before_ = Phase::kUnsaid;
};

}  // namespace

void ScanPairs(std::string_view line, Fields& fields) { PairScanner(line, fields).Run(); }

}  // namespace lossd::ingest
