#include "readers/log/formats/key_value_scanner.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <optional>

#include "readers/log/formats/name_list.h"
#include "readers/log/formats/number_surroundings.h"
#include "readers/log/formats/object_scanner.h"
#include "readers/log/formats/spoken_name.h"
#include "readers/log/formats/tokens.h"
#include "text/characters.h"

namespace lossd::readers {
namespace {

using std::string_view;

constexpr int kMostUnclosed = 16;  // objects of a line that are tried in vain
constexpr std::size_t kNone = string_view::npos;

class PairScanner {
 public:
  PairScanner(string_view line, records::Fields& fields) : line_(line), fields_(fields) {
    const std::size_t first = SkipBlanks(line, 0);
    row_ = first < line.size() && line[first] == '|';
  }

  void Run() {
    while (at_ < line_.size()) {
      const char c = line_[at_];
      if (BeginsNumber(line_, at_)) {
        TakeNumber();
      } else if (text::IsWide(c) && WideSeparator(line_, at_) != 0) {
        if (IsFullWidthColon(line_, at_)) {
          Separate(':');
        } else if (IsArrow(line_, at_) && joint_ == 0 && IsUnder(records::Role::kLoss)) {
          Separate('=');
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
    const std::size_t end = WordEnd(line_, at_);
    const string_view word = line_.substr(at_, end - at_);
    if (TakeNonFinite(word, end) || TakeJoinedCount(word)) return;
    if (!open_name_.empty() && (word == "is" || word == "was")) {
      at_ = end;
      return;
    }
    if (TakeWrapper(word, end)) return;
    const records::Phase phase = records::PhaseOf(word);
    if (phase != records::Phase::kUnsaid) {
      phase_before_ = phase_;
      phase_ = phase;
    }
    if (IsTextOfPair(end)) {
      Forget();
      at_ = end;
      return;
    }
    const bool touches = !name_.empty() && joint_ == 0 && !IsLogLevel(word) &&
                         static_cast<std::size_t>(line_.data() + at_ - (name_.data() + name_.size())) <= Gap();
    if (touches) {
      quoted_ = quoted_ || (OpensQuote() && (end >= line_.size() || line_[end] != line_[at_ - 1]));
      name_ = string_view(name_.data(), static_cast<std::size_t>(line_.data() + end - name_.data()));
    } else if (IsPreposition(word) || IsLogLevel(word) || IsCodePlace(line_, word, end)) {
      Forget();
      at_ = end;
      return;
    } else if (const std::size_t begin = NumberedPartBegin(); begin != kNone) {
      name_ = line_.substr(begin, end - begin);
    } else {
      name_ = word;
      joint_ = 0;
      quoted_ = OpensQuote();
    }
    open_name_ = {};
    at_ = end;
  }

  /// "run=baseline step 5": a value that is a word, and no part of the name behind it.
  bool IsTextOfPair(std::size_t end) const {
    if (joint_ != '=' || name_.empty() || line_[at_ - 1] != '=') return false;
    if (end < line_.size() && string_view(" ,;)]|\t").find(line_[end]) == kNone) return false;
    const std::size_t next = SkipBlanks(line_, end);
    return next >= line_.size() || !BeginsNumber(line_, next);
  }

  bool OpensQuote() const {
    return at_ > 0 && (line_[at_ - 1] == '"' || line_[at_ - 1] == '\'' || line_[at_ - 1] == '`');
  }

  /// Where "Style 2 loss" begins, at its last word; npos where no such name leads up to here.
  std::size_t NumberedPartBegin() const {
    if (fields_.all.empty()) return kNone;
    const records::Field& last = fields_.all.back();
    const bool touches = last.joint == ' ' && last.number.integral && last.total == 0 &&
                         last.at + last.number.length + 1 == at_ && line_[at_ - 1] == ' ';
    return touches && IsModelPart(last.name) ? last.begin : kNone;
  }

  /// "step-146352, loss=4.3", "epoch3 it10 loss 0.5": a counter that is one word with its number.
  bool TakeJoinedCount(string_view word) {
    if (!name_.empty() || !text::IsDigit(word.back())) return false;
    std::size_t begin = word.size();
    while (begin > 0 && text::IsDigit(word[begin - 1])) --begin;
    const bool dash = begin > 0 && word[begin - 1] == '-';
    const string_view name = word.substr(0, dash ? begin - 1 : begin);
    constexpr std::size_t kShortest = 2, kLongest = 9;
    if (name.size() < kShortest || (!dash && name.size() > kLongest)) return false;
    const auto number = text::WholeNumber(word.substr(begin));
    const records::Role role = records::MeaningOf(name).role;
    if (!number || !number->integral || (role != records::Role::kStep && role != records::Role::kEpoch)) return false;
    name_ = name;
    joint_ = dash ? '-' : ' ';
    at_ += begin;
    AddField(*number, 0, false);
    at_ += number->length;
    return true;
  }

  /// How far apart two words of one name may stand: quotes about one of them count.
  std::size_t Gap() const {
    const std::size_t end = static_cast<std::size_t>(name_.data() + name_.size() - line_.data());
    if (at_ > 0 && line_[at_ - 1] == '\t') return 0;
    return end < line_.size() && (line_[end] == '\'')                     ? 2
           : at_ > 0 && (line_[at_ - 1] == '\'' || line_[at_ - 1] == '"') ? 2
                                                                          : 1;
  }

  /// `loss=tensor(0.5, device='cuda:0')`, `np.float32(0.5)`: on to the number.
  bool TakeWrapper(string_view word, std::size_t end) {
    if (name_.empty() || !IsWrapper(line_, word, end)) return false;
    if (joint_ == 0 && records::MeaningOf(name_).role != records::Role::kLoss) return false;
    if (joint_ == 0) joint_ = ' ';
    at_ = end + 1;
    return true;
  }

  /// `nan` and `inf` are numbers only where a name that is known, or a separator, leads up to them.
  bool TakeNonFinite(string_view word, std::size_t end) {
    if (name_.empty() && open_name_.empty()) return false;
    const auto number = text::ScanNumber(word);
    if (!number || number->length != word.size()) return false;
    if (joint_ == 0 && records::MeaningOf(name_).role == records::Role::kOther) return false;
    const std::size_t next = SkipBlanks(line_, end);
    // "Loss: nan: 100%" ends a record's head; "nan: 5" and "nan=5" are names.
    const bool told = joint_ != 0 && IsUnder(records::Role::kLoss);
    if (next < line_.size() && (line_[next] == '=' || (line_[next] == ':' && next == end && !told))) return false;
    AddField(*number, 0, false);
    at_ = end;
    at_ = AverageEnd(line_, at_);
    return true;
  }

  // --- numbers ---

  void TakeNumber() {
    if (TakeRange()) return;
    const auto number = text::ScanNumber(line_.substr(at_));
    if (!number) {
      SkipJunk();
      return;
    }
    text::Number value = *number;
    std::size_t end = at_ + value.length;
    double total = 0;
    bool unit = false;
    bool rounded = false;
    if ((joint_ == ':' || joint_ == '=') && !name_.empty() && BeginsNumberList(line_, end) && TakeList()) return;
    if (HasComma(line_, at_, value) && IsUnderAMeasure()) {
      const auto decimal = ScanDecimalComma(line_, at_, value);
      if (!decimal) {
        SkipJunk();
        return;
      }
      value = *decimal;
      end = at_ + value.length;
    }
    if (const double scale = ScaleOfCount(line_, end); scale != 0 && IsUnder(records::Role::kStep)) {
      value.value = std::round(value.value * scale);
      value.integral = rounded = true;
      ++end;
    } else if (end < line_.size() && (IsNameByte(line_[end]) || line_[end] == '%')) {
      if (TakeGluedName(value, end)) return;
      unit = !IsGluedLogPrefix(line_, end) && WideSeparator(line_, end) == 0;
    } else if (value.integral) {
      const auto fraction = TotalEnd(line_, end);
      if (fraction == kNone) {
        SkipJunk();
        return;
      }
      if (fraction != 0) {
        total = text::ScanNumber(line_.substr(TotalBegin(line_, end)))->value;
        end = fraction;
      }
    }
    if (total == 0 && !unit) SumUp(line_, value, end);
    unit = unit || (name_.find("ost") != kNone && IsTimeUnit(line_, end));  // "cost 12.5 seconds"
    if (IsTime(line_, end) && total != 0) {                                 // [08/30 23:00:36]
      at_ = end;
      Forget();
      return;
    }
    AddField(value, total, unit);
    // "Step: 37526. Epoch: 10": the point ends a sentence.
    const bool fraction = !value.integral && end > 0 && line_[end - 1] != '.';
    fields_.all.back().rounded = rounded || fraction;
    if (total != 0) fields_.all.back().bar = IsBar(line_, end);
    at_ = unit ? std::max(WordEnd(line_, end), end + 1) : end;
    at_ = AverageEnd(line_, at_);
  }

  /// Whether the number at hand is under a name of `role`.
  bool IsUnder(records::Role role) const {
    return !name_.empty() && records::MeaningOf(SplitSpokenName(name_).name).role == role;
  }
  bool IsUnderAMeasure() const {
    return IsUnder(records::Role::kLoss) || IsUnder(records::Role::kLearningRate) ||
           IsUnder(records::Role::kGradientNorm);
  }

  /// Dates, versions, addresses.
  void SkipJunk() {
    at_ = JunkEnd(line_, at_);
    Forget();
  }

  /// `minibatches 60-69`, `181-270batch`: the last of them.
  bool TakeRange() {
    const auto range = ScanRange(line_, at_, joint_ == '[');
    if (!range) return false;
    if (TakeGluedName(range->last, range->end)) return true;
    if (range->end < line_.size() && IsNameByte(line_[range->end])) return false;
    if (IsUnder(records::Role::kEpoch) && !name_.ends_with('s')) return TakeEpochAtDash(*range);
    AddField(range->last, 0, false);
    at_ = range->end;
    return true;
  }

  /// "Epoch:0-12/469", "epoch 1-599, loss: 0.5": the batch stands behind the dash.
  bool TakeEpochAtDash(const NumberRange& range) {
    const auto epoch = text::ScanNumber(line_.substr(at_, line_.find('-', at_) - at_));
    if (!epoch) return false;
    AddField(*epoch, 0, false);
    at_ = range.end - range.last.length;
    if (TotalEnd(line_, range.end) != 0) return true;
    records::Field batch;
    batch.name = "batch";
    batch.number = range.last;
    batch.at = batch.begin = static_cast<std::uint32_t>(at_);
    batch.joint = '-';
    fields_.all.push_back(batch);
    at_ = range.end;
    return true;
  }

  /// "train/val loss: 0.5/0.6"
  bool TakeList() {
    NameList list;
    if (!ScanNameList(line_, name_, at_, list)) return false;
    const char joint = joint_;
    for (std::size_t i = 0; i < list.size; ++i) {
      const NameList::Entry& entry = list.entries[i];
      records::Field field;
      field.name = entry.name;
      field.number = entry.number;
      field.at = static_cast<std::uint32_t>(entry.at);
      field.begin = OffsetOf(entry.name);
      field.phase = entry.phase != records::Phase::kUnsaid ? entry.phase : phase_;
      field.joint = joint;
      field.group = group_;
      fields_.all.push_back(field);
    }
    Forget();
    at_ = list.end;
    return true;
  }

  /// `1epoch`, `270batch`: the name stands behind the number.
  bool TakeGluedName(const text::Number& number, std::size_t end) {
    std::size_t name_end = end;
    while (name_end < line_.size() && text::IsLetter(line_[name_end])) ++name_end;
    const string_view name = line_.substr(end, name_end - end);
    if (!number.integral || (name != "epoch" && name != "batch" && name != "iter" && name != "step")) return false;
    name_ = name;
    name_is_behind_ = true;
    AddField(number, 0, false);
    name_is_behind_ = false;
    at_ = name_end;
    return true;
  }

  void AddField(const text::Number& number, double total, bool unit) {
    records::Field field;
    field.number = number;
    field.total = total;
    field.at = field.begin = static_cast<std::uint32_t>(at_);
    field.phase = phase_;
    field.unit = unit;
    // "val=0.6" names a number, and says nothing of those behind it.
    if (joint_ == '=' && records::PhaseOf(name_) != records::Phase::kUnsaid) phase_ = phase_before_;
    field.call = calls_ > 0 || IsOfAddress();
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
    // "module:function:246" is a place in a program.
    const bool place = joint_ == ':' && !name_.empty() && name_.data() > line_.data() && name_.data()[-1] == ':' &&
                       at_ > 0 && line_[at_ - 1] == ':';
    SplitName split = place ? SplitName{} : SplitSpokenName(name_, number.integral);
    if (split.open.empty() && number.integral && joint_ == 0 && LeadsToValue(line_, at_ + number.length))
      split = SplitBeforeCounter(split.name);
    field.name = split.name;
    field.joint = name_.empty() ? '\0' : joint_ != 0 ? joint_ : ' ';
    if (!field.name.empty() && !name_is_behind_) field.begin = OffsetOf(field.name);
    AddParts(field);
    Forget();
    open_name_ = split.open;
  }

  /// `epoch/iter: 3/2579` holds two numbers under two names.
  void AddParts(records::Field field) {
    const std::size_t slash = field.total == 0 ? kNone : field.name.find('/');
    const std::size_t total = slash == kNone ? 0 : TotalBegin(line_, field.at + field.number.length);
    const string_view second = slash == kNone ? string_view() : field.name.substr(slash + 1);
    const bool parts = slash != kNone && records::MeaningOf(second).role == records::Role::kStep &&
                       records::MeaningOf(field.name.substr(0, slash)).role == records::Role::kEpoch;
    if (!parts) {
      fields_.all.push_back(field);
      return;
    }
    field.name = field.name.substr(0, slash);
    field.total = 0;
    fields_.all.push_back(field);
    field.name = second;
    field.number = *text::ScanNumber(line_.substr(total));
    field.at = static_cast<std::uint32_t>(total);
    fields_.all.push_back(field);
  }

  /// "GET /run?step=5&loss=0.5": the query of an address.
  bool IsOfAddress() const {
    const char before = !name_.empty() && name_.data() > line_.data() ? name_.data()[-1] : ' ';
    return joint_ == '=' && (before == '?' || before == '&');
  }

  std::uint32_t OffsetOf(string_view name) const { return static_cast<std::uint32_t>(name.data() - line_.data()); }

  // --- all else ---

  void TakePunctuation(char c) {
    switch (c) {
      case ':':
        Separate(c);
        break;
      case '=':
        Separate(c);
        if (line_.substr(at_, 2) == "=>") ++at_;
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
        // Each one that does not close was read to the line's end in vain.
        const std::size_t end = unclosed_ < kMostUnclosed ? ScanObject(line_, at_, phase_, name_, fields_) : at_;
        if (end == at_) ++unclosed_;
        Forget();
        if (end > at_) {
          at_ = end;
          return;
        }
        break;
      }
      case ',':
        TakeComma();
        return;
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
        if (!EndsNameInBrackets()) Forget();
        break;
      case '<':
        if (!TakeTensor()) Forget();
        break;
      case '|':
        if (row_ && !name_.empty() && joint_ == 0 && IsLastCell(line_, at_)) {
          joint_ = '|';
        } else if (!row_ && joint_ == 0 && IsLastFraction(line_, at_ + 1) &&
                   records::MeaningOf(name_).role == records::Role::kLoss) {
          joint_ = '=';  // "eval CrossEntropyLoss |  2.5"
        } else {
          Forget();
        }
        break;
      case '.':
        // "Step... (500 | Loss: 2.5)"
        if (line_.substr(at_, 2) != ".." && (at_ == 0 || line_[at_ - 1] != '.')) Forget();
        break;
      case '-':
        TakeDash();
        return;
      default:
        Forget();
    }
    ++at_;
  }

  /// "[loss, acc] = [0.5, 0.9]", "[epoch]: 5, [loss]: 0.5"
  bool EndsNameInBrackets() const {
    if (name_.empty() || joint_ != 0 || OffsetOf(name_) < 1) return false;
    const std::size_t next = SkipBlanks(line_, at_ + 1);
    if (next >= line_.size() || (line_[next] != ':' && line_[next] != '=')) return false;
    const char before = name_.data()[-1];
    if (before == '[') return records::MeaningOf(name_).role != records::Role::kOther;
    return before == ',' || before == '/' || (before == ' ' && OffsetOf(name_) > 1 && name_.data()[-2] == ',');
  }

  /// "loss: <tf.Tensor: shape=(), dtype=float32, numpy=0.5>"
  bool TakeTensor() {
    constexpr string_view kBegin = "<tf.Tensor:", kValue = " numpy=";
    if (joint_ == 0 || name_.empty() || !line_.substr(at_).starts_with(kBegin)) return false;
    const std::size_t value = line_.find(kValue, at_);
    if (value == kNone || value > line_.find('>', at_)) return false;
    at_ = value + kValue.size() - 1;
    return true;
  }

  /// "training-loss, overall: 0.5": a word behind the comma goes on with the name of a loss that has no number yet.
  void TakeComma() {
    const std::size_t end = !name_.empty() && joint_ == 0 ? QualifierEnd(line_, at_ + 1) : 0;
    const bool qualifies = end != 0 && records::MeaningOf(name_).role == records::Role::kLoss;
    if (!qualifies) Forget();
    at_ = qualifies ? end : at_ + 1;
  }

  /// "Loss --> 0.5" and "dice_loss - 0.5" lead on to the number; "Train - Loss: 0.5" ends a thought.
  void TakeDash() {
    const string_view rest = line_.substr(at_);
    if (rest.starts_with("->") || rest.starts_with("-->")) {
      Separate('=');
      at_ += rest[1] == '>' ? 2 : 3;
      return;
    }
    const auto number = text::ScanNumber(line_.substr(SkipBlanks(line_, at_ + 1)));
    if (joint_ == 0 && number && !number->integral && records::MeaningOf(name_).role == records::Role::kLoss) {
      joint_ = '-';
    } else {
      Forget();
    }
    ++at_;
  }

  /// `loss (avg): 0.5`, `time (ms): 5`, `Epoch(train) [3]`: a word in parentheses belongs to the name before it.
  void TakeParenthesis() {
    const string_view word = !name_.empty() && joint_ == 0 ? WordInParentheses(line_, at_) : string_view();
    if (!word.empty()) {
      const records::Phase phase = records::PhaseOf(word);
      const bool arguments = word.find(',') != kNone && line_[at_ - 1] != ' ';  // "loss(x, y) = 0.5"
      at_ += word.size() + 2;
      if (arguments) return;
      if (phase != records::Phase::kUnsaid) {
        phase_ = phase;
      } else {
        name_ = string_view(name_.data(), static_cast<std::size_t>(line_.data() + at_ - name_.data()));
      }
      return;
    }
    if (TakeCountAside()) return;
    const std::size_t inside = at_ + 1;
    if (!name_.empty() && at_ > 0 && text::IsBlank(line_[at_ - 1]) && inside < line_.size() &&
        text::IsDigit(line_[inside])) {
      const records::Role role = records::MeaningOf(name_).role;
      if (role == records::Role::kStep || role == records::Role::kEpoch) {
        joint_ = '(';
        ++at_;
        return;
      }
    }
    // "lr:(2.000e-04,)"
    if (joint_ != 0 && inside < line_.size() && text::IsDigit(line_[inside]) &&
        records::MeaningOf(name_).role == records::Role::kLearningRate) {
      ++at_;
      return;
    }
    if (at_ > 0 && (IsNameByte(line_[at_ - 1]) || text::IsDigit(line_[at_ - 1])) && !name_.empty()) ++calls_;
    Forget();
    ++at_;
  }

  /// "Training loss (epoch 3): 0.5"
  bool TakeCountAside() {
    if (name_.empty() || joint_ != 0) return false;
    const CountAside count = ScanCountAside(line_, at_);
    if (count.name.empty() || !IsUnder(records::Role::kLoss)) return false;
    const string_view loss = name_;
    name_ = count.name;
    at_ = count.at;
    AddField(count.number, 0, false);
    name_ = loss;
    at_ = count.end;
    return true;
  }

  /// `lr: [0.01]` and `Step [1/100]` keep the name; `tot_loss[loss=1.0, ...]` opens a group.
  void TakeBracket() {
    std::size_t next = SkipBlanks(line_, at_ + 1);
    if (joint_ != 0 && next < line_.size() && line_[next] == '[') next = SkipBlanks(line_, next + 1);  // "[[0.5]]"
    const bool value = next < line_.size() && (text::IsDigit(line_[next]) || line_[next] == '-' || line_[next] == '.');
    const bool wrapped = joint_ != 0 && next < line_.size() && line_[next] == 'a' &&
                         IsWrapper(line_, line_.substr(next, 5), next + 5);  // "[array(0.5, dtype=float32)]"
    if (value || wrapped) {
      if (joint_ == 0 && !name_.empty()) joint_ = '[';
      return;
    }
    if (at_ > 0 && IsNameByte(line_[at_ - 1]) && !name_.empty()) group_ = name_;
    Forget();
  }

  string_view line_;
  records::Fields& fields_;
  std::size_t at_ = 0;
  string_view name_;
  string_view open_name_;  // waits for its number: "Cost" in "Cost after iteration 10: 0.5"
  string_view group_;
  char joint_ = 0;
  int calls_ = 0;
  int unclosed_ = 0;  // objects that were begun and did not end
  bool quoted_ = false;
  bool name_is_behind_ = false;
  bool row_ = false;  // the line is a row of a table
  records::Phase phase_ = records::Phase::kUnsaid;
  records::Phase phase_before_ = records::Phase::kUnsaid;
};

}  // namespace

void ScanPairs(std::string_view line, records::Fields& fields) { PairScanner(line, fields).Run(); }

}  // namespace lossd::readers
