#include "readers/log/formats/pair_numbers.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string_view>

#include "readers/log/formats/name_list.h"
#include "readers/log/formats/number_surroundings.h"
#include "readers/log/formats/tokens.h"
#include "records/vocabulary.h"
#include "text/characters.h"

namespace lossd::readers {
namespace {

using std::string_view;

constexpr std::size_t kNone = string_view::npos;

/// Dates, versions, addresses.
void SkipJunk(PairScan& scan) {
  scan.at = JunkEnd(scan.line, scan.at);
  scan.Forget();
}

/// "Epoch:0-12/469", "epoch 1-599, loss: 0.5": the batch stands behind the dash.
bool TakeEpochAtDash(PairScan& scan, const NumberRange& range) {
  const auto epoch = text::ScanNumber(scan.line.substr(scan.at, scan.line.find('-', scan.at) - scan.at));
  if (!epoch) return false;
  scan.Add(*epoch, 0, false);
  scan.at = range.end - range.last.length;
  if (TotalEnd(scan.line, range.end) != 0) return true;
  records::Field batch;
  batch.name = "batch";
  batch.number = range.last;
  batch.at = batch.begin = static_cast<std::uint32_t>(scan.at);
  batch.joint = '-';
  scan.fields.all.push_back(batch);
  scan.at = range.end;
  return true;
}

/// `1epoch`, `270batch`: the name stands behind the number.
bool TakeGluedName(PairScan& scan, const text::Number& number, std::size_t end) {
  std::size_t name_end = end;
  while (name_end < scan.line.size() && text::IsLetter(scan.line[name_end])) ++name_end;
  const string_view name = scan.line.substr(end, name_end - end);
  if (!number.integral || (name != "epoch" && name != "batch" && name != "iter" && name != "step")) return false;
  scan.name = name;
  scan.name_is_behind = true;
  scan.Add(number, 0, false);
  scan.name_is_behind = false;
  scan.at = name_end;
  return true;
}

/// "epoch=3-val_loss=0.25.ckpt"
bool EndsInFileName(string_view line, std::size_t end) {
  return end + 1 < line.size() && line[end] == '.' && text::IsLetter(line[end + 1]);
}

/// Whether the next name touches the number that ends at `end`: "learn 0.6355passed: 17.4 sec".
bool TouchesNextName(string_view line, std::size_t end) {
  constexpr std::size_t kFewest = 4;
  constexpr string_view kSeconds = "sec";
  std::size_t last = end;
  while (last < line.size() && text::IsLetter(line[last])) ++last;
  const bool separated = last < line.size() && (line[last] == ':' || line[last] == '=');
  return separated && last - end >= kFewest && !line.substr(end).starts_with(kSeconds);
}

/// `kit`, `it`: the factor of a count whose unit stands at `at`; 0 where it is another.
double ScaleOfUnits(string_view line, std::size_t at) {
  const string_view unit = line.substr(at);
  return unit.starts_with("it") ? 1 : unit.starts_with("kit") ? 1e3 : unit.starts_with("Mit") ? 1e6 : 0;
}

/// "(10 of 100)", "120it/1.00kit": where the total of a count without a name begins; 0 where there is none.
std::size_t SpokenTotalBegin(const PairScan& scan, std::size_t end) {
  const string_view rest = scan.line.substr(end);
  const std::size_t begin = end + (rest.starts_with(" of ") ? 4 : rest.starts_with("it/") ? 3 : rest.size());
  if (begin >= scan.line.size() || !text::IsDigit(scan.line[begin])) return 0;
  const bool nameless = scan.name.empty() && scan.open_name.empty() && scan.at > 0 && scan.line[scan.at - 1] == '(';
  return nameless || rest.front() == 'i' ? begin : 0;
}

/// Takes such a count with its total.
bool TakeSpokenFraction(PairScan& scan, const text::Number& number, std::size_t end) {
  const std::size_t begin = number.integral ? SpokenTotalBegin(scan, end) : 0;
  if (begin == 0) return false;
  const auto total = text::ScanNumber(scan.line.substr(begin));
  if (!total) return false;
  std::size_t total_end = begin + total->length;
  const double scale = scan.line[end] == 'i' ? ScaleOfUnits(scan.line, total_end) : 1;
  if (scale == 0 || (scale == 1 && !total->integral)) return false;
  scan.Forget();
  scan.Add(number, std::round(total->value * scale), false);
  scan.fields.all.back().bar = true;
  scan.at = scan.line[end] == 'i' ? scan.line.find("it", total_end) + 2 : total_end;
  return true;
}

/// `minibatches 60-69`, `181-270batch`: the last of them.
bool TakeRange(PairScan& scan) {
  const auto range = ScanRange(scan.line, scan.at, scan.joint == '[');
  if (!range) return false;
  if (TakeGluedName(scan, range->last, range->end)) return true;
  if (range->end < scan.line.size() && IsNameByte(scan.line[range->end])) return false;
  if (scan.IsUnder(records::Role::kEpoch) && !scan.name.ends_with('s')) return TakeEpochAtDash(scan, *range);
  scan.Add(range->last, 0, false);
  scan.at = range->end;
  return true;
}

/// "12it [00:30, 2.50s/it]": the count of a bar that knows no total.
bool TakeBarCount(PairScan& scan, const text::Number& number, std::size_t end) {
  constexpr string_view kUnit = "it [";
  const std::size_t clock = end + kUnit.size();
  if (!number.integral || !scan.line.substr(end).starts_with(kUnit) || clock >= scan.line.size() ||
      !text::IsDigit(scan.line[clock]))
    return false;
  scan.Forget();
  scan.name = scan.line.substr(end, 2);
  scan.name_is_behind = true;
  scan.Add(number, 0, false);
  scan.name_is_behind = false;
  scan.fields.all.back().bar = true;
  scan.at = end + 2;
  return true;
}

/// "average loss over the last 100 steps: 0.5": what the mean is of.
bool TakeSpan(PairScan& scan, const text::Number& number, std::size_t end) {
  const std::size_t over = number.integral && scan.joint == 0 ? scan.name.find(" over ") : kNone;
  if (over == kNone || end + 1 >= scan.line.size() || scan.line[end] != ' ' || !text::IsLetter(scan.line[end + 1]))
    return false;
  const string_view loss = scan.name.substr(0, over);
  if (records::MeaningOf(loss).role != records::Role::kLoss) return false;
  scan.name = loss;
  scan.at = WordEnd(scan.line, end + 1);
  return true;
}

/// "Loss after 100 iterations: 0.5": the count, between the name of the loss and its value.
bool TakeCountAfter(PairScan& scan, const text::Number& number, std::size_t end) {
  constexpr string_view kAfter = " after";
  if (!number.integral || scan.joint != 0 || !scan.name.ends_with(kAfter) || end + 1 >= scan.line.size() ||
      scan.line[end] != ' ' || !text::IsLetter(scan.line[end + 1]))
    return false;
  const string_view loss = scan.name.substr(0, scan.name.size() - kAfter.size());
  const std::size_t noun_end = WordEnd(scan.line, end + 1);
  const string_view noun = scan.line.substr(end + 1, noun_end - end - 1);
  const records::Role role = records::MeaningOf(noun).role;
  if (role != records::Role::kStep && role != records::Role::kEpoch) return false;
  if (records::MeaningOf(loss).role != records::Role::kLoss) return false;
  scan.name = noun;
  scan.name_is_behind = true;
  scan.Add(number, 0, false);
  scan.name_is_behind = false;
  scan.name = loss;
  scan.at = noun_end;
  return true;
}

/// Where "th" of "epoch 100th" ends; `end` where none stands there.
std::size_t OrdinalEnd(string_view line, std::size_t end) {
  const string_view sign = line.substr(end, 2);
  const bool ordinal = sign == "th" || sign == "st" || sign == "nd" || sign == "rd";
  return ordinal && (end + 2 == line.size() || !IsNameByte(line[end + 2])) ? end + 2 : end;
}

/// "train/val loss: 0.5/0.6"
bool TakeList(PairScan& scan) {
  NameList list;
  if (!ScanNameList(scan.line, scan.name, scan.at, list)) return false;
  const char joint = scan.joint;
  for (std::size_t i = 0; i < list.size; ++i) {
    const NameList::Entry& entry = list.entries[i];
    records::Field field;
    field.name = entry.name;
    field.number = entry.number;
    field.at = static_cast<std::uint32_t>(entry.at);
    field.begin = scan.OffsetOf(entry.name);
    field.phase = entry.phase != records::Phase::kUnsaid ? entry.phase : scan.phase;
    field.joint = joint;
    field.group = scan.group;
    scan.fields.all.push_back(field);
  }
  scan.Forget();
  scan.at = list.end;
  return true;
}

}  // namespace

void TakeNumber(PairScan& scan) {
  if (TakeRange(scan)) return;
  const auto number = text::ScanNumber(scan.line.substr(scan.at));
  if (!number) {
    SkipJunk(scan);
    return;
  }
  text::Number value = *number;
  std::size_t end = scan.at + value.length;
  if (TakeSpan(scan, value, end) || TakeCountAfter(scan, value, end)) return;
  // "Finished epoch 3. Train loss: 0.5": the point ends a sentence.
  if (!value.integral && scan.line[end - 1] == '.' && value.value == std::floor(value.value) &&
      (scan.IsUnder(records::Role::kEpoch) || scan.IsUnder(records::Role::kStep))) {
    value.integral = true;
    value.length -= 1;
    --end;
  }
  double total = 0;
  bool unit = false;
  bool rounded = false;
  const bool leads_to_list =
      scan.joint == ':' || scan.joint == '=' || (scan.joint == 0 && !value.integral && scan.name.find('/') != kNone);
  if (leads_to_list && !scan.name.empty() && BeginsNumberList(scan.line, end) && TakeList(scan)) return;
  if (HasComma(scan.line, scan.at, value) && scan.IsUnderAMeasure()) {
    const auto decimal = ScanDecimalComma(scan.line, scan.at, value);
    if (!decimal) {
      SkipJunk(scan);
      return;
    }
    value = *decimal;
    end = scan.at + value.length;
  }
  if (const double scale = ScaleOfCount(scan.line, end); scale != 0 && scan.IsUnder(records::Role::kStep)) {
    value.value = std::round(value.value * scale);
    value.integral = rounded = true;
    ++end;
  } else if (TakeSpokenFraction(scan, value, end) || TakeBarCount(scan, value, end)) {
    return;
  } else if (end < scan.line.size() && (IsNameByte(scan.line[end]) || scan.line[end] == '%')) {
    if (TakeGluedName(scan, value, end)) return;
    const bool counts = value.integral && (scan.IsUnder(records::Role::kEpoch) || scan.IsUnder(records::Role::kStep));
    const std::size_t ordinal = counts ? OrdinalEnd(scan.line, end) : end;
    unit = ordinal == end && !IsGluedLogPrefix(scan.line, end) && WideSeparator(scan.line, end) == 0 &&
           !(!value.integral && TouchesNextName(scan.line, end));
    end = ordinal;
  } else if (value.integral) {
    const auto fraction = TotalEnd(scan.line, end);
    if (fraction == kNone) {
      SkipJunk(scan);
      return;
    }
    if (fraction != 0) {
      total = text::ScanNumber(scan.line.substr(TotalBegin(scan.line, end)))->value;
      end = fraction;
    }
  }
  if (total == 0 && !unit) SumUp(scan.line, value, end);
  unit = unit || (scan.name.find("ost") != kNone && IsTimeUnit(scan.line, end)) ||  // "cost 12.5 seconds"
         EndsInFileName(scan.line, end);
  if (IsTime(scan.line, end) && total != 0) {  // [08/30 23:00:36]
    scan.at = end;
    scan.Forget();
    return;
  }
  scan.Add(value, total, unit);
  // "Step: 37526. Epoch: 10": the point ends a sentence.
  const bool fraction = !value.integral && end > 0 && scan.line[end - 1] != '.';
  scan.fields.all.back().rounded = rounded || fraction;
  if (total != 0) scan.fields.all.back().bar = IsBar(scan.line, end);
  scan.at = unit ? std::max(WordEnd(scan.line, end), end + 1) : end;
  scan.at = AverageEnd(scan.line, scan.at);
}

}  // namespace lossd::readers
