#include "readers/log/formats/pair_scan.h"

#include "readers/log/formats/number_surroundings.h"
#include "readers/log/formats/spoken_name.h"
#include "records/vocabulary.h"

namespace lossd::readers {
namespace {

using std::string_view;

constexpr std::size_t kNone = string_view::npos;

/// "GET /run?step=5&loss=0.5": the query of an address.
bool IsOfAddress(const PairScan& scan) {
  const char before = !scan.name.empty() && scan.name.data() > scan.line.data() ? scan.name.data()[-1] : ' ';
  return scan.joint == '=' && (before == '?' || before == '&');
}

/// `epoch/iter: 3/2579` holds two numbers under two names.
void AddParts(PairScan& scan, records::Field field) {
  const std::size_t slash = field.total == 0 ? kNone : field.name.find('/');
  const std::size_t total = slash == kNone ? 0 : TotalBegin(scan.line, field.at + field.number.length);
  const string_view second = slash == kNone ? string_view() : field.name.substr(slash + 1);
  const bool parts = slash != kNone && records::MeaningOf(second).role == records::Role::kStep &&
                     records::MeaningOf(field.name.substr(0, slash)).role == records::Role::kEpoch;
  if (!parts) {
    scan.fields.all.push_back(field);
    return;
  }
  field.name = field.name.substr(0, slash);
  field.total = 0;
  scan.fields.all.push_back(field);
  field.name = second;
  field.number = *text::ScanNumber(scan.line.substr(total));
  field.at = static_cast<std::uint32_t>(total);
  scan.fields.all.push_back(field);
}

}  // namespace

PairScan::PairScan(string_view text, records::Fields& found) : line(text), fields(found) {
  const std::size_t first = SkipBlanks(line, 0);
  row = first < line.size() && line[first] == '|';
}

void PairScan::Forget() {
  name = {};
  open_name = {};
  joint = 0;
  quoted = false;
}

void PairScan::Separate(char sign) {
  if (!name.empty() || !open_name.empty()) joint = sign;
}

bool PairScan::IsUnder(records::Role role) const {
  return !name.empty() && records::MeaningOf(SplitSpokenName(name).name).role == role;
}

bool PairScan::IsKnown() const {
  return !name.empty() && records::MeaningOf(SplitSpokenName(name).name).role != records::Role::kOther;
}

bool PairScan::IsUnderAMeasure() const {
  return IsUnder(records::Role::kLoss) || IsUnder(records::Role::kLearningRate) ||
         IsUnder(records::Role::kGradientNorm);
}

void PairScan::Add(const text::Number& number, double total, bool unit) {
  records::Field field;
  field.number = number;
  field.total = total;
  field.at = field.begin = static_cast<std::uint32_t>(at);
  field.phase = phase;
  field.unit = unit;
  // "val=0.6" names a number, and says nothing of those behind it.
  if (joint == '=' && records::PhaseOf(name) != records::Phase::kUnsaid) phase = phase_before;
  field.call = calls > 0 || IsOfAddress(*this);
  field.quoted = quoted;
  field.group = group;
  if (!open_name.empty()) {
    field.name = open_name;
    field.begin = OffsetOf(field.name);
    field.joint = joint != 0 ? joint : ' ';
    fields.all.push_back(field);
    Forget();
    return;
  }
  // "module:function:246" is a place in a program.
  const bool place = joint == ':' && !name.empty() && name.data() > line.data() && name.data()[-1] == ':' && at > 0 &&
                     line[at - 1] == ':';
  SplitName split = place ? SplitName{} : SplitSpokenName(name, number.integral);
  if (split.open.empty() && number.integral && joint == 0 && LeadsToValue(line, at + number.length))
    split = SplitBeforeCounter(split.name);
  field.name = split.name;
  field.joint = name.empty() ? '\0' : joint != 0 ? joint : ' ';
  if (!field.name.empty() && !name_is_behind) field.begin = OffsetOf(field.name);
  AddParts(*this, field);
  Forget();
  open_name = split.open;
  if (!open_name.empty()) subject = open_name;
}

}  // namespace lossd::readers
