#include "readers/log/formats/row_block.h"

#include <algorithm>
#include <optional>

#include "text/characters.h"

namespace lossd::readers {
namespace {

using std::string_view;

/// `-----------  --------`
bool IsRuleOfTwoParts(string_view line) {
  const std::size_t blank = line.find("-  -");
  return blank != string_view::npos && line.starts_with("----") && line.find_first_not_of("- ") == string_view::npos;
}

}  // namespace

bool RowBlock::Read(string_view line) {
  line = text::TrimBlanks(line);
  if (line.empty()) return false;
  if (line.front() == '|') return ReadBarred(line);
  if (IsRuleOfTwoParts(line)) {
    // The same rule ends the record.
    ruled_ = !ruled_ || members_.empty();
    return false;
  }
  return ruled_ && ReadRuled(line);
}

bool RowBlock::Begins(string_view line) {
  line = text::TrimBlanks(line);
  return line.starts_with('|') && ReadBarred(line);
}

bool RowBlock::ReadBarred(string_view line) {
  ruled_ = false;
  if (line.size() < 5 || line.back() != '|' || std::count(line.begin(), line.end(), '|') != 3) return false;
  const std::size_t bar = line.find('|', 1);
  const string_view name = text::TrimBlanks(line.substr(1, bar - 1));
  const string_view value = text::TrimBlanks(line.substr(bar + 1, line.size() - bar - 2));
  if (!value.empty()) {
    const bool text = !text::ScanNumber(value);
    return text ? pending() : Add(name, value);
  }
  // "| train/      |      |" heads the rows below it.
  if (!name.ends_with('/')) return false;
  phase_ = records::PhaseOf(name.substr(0, name.size() - 1));
  return true;
}

bool RowBlock::ReadRuled(string_view line) {
  const std::size_t gap = line.rfind("  ");
  if (gap != string_view::npos && Add(text::TrimBlanks(line.substr(0, gap)), text::TrimBlanks(line.substr(gap))))
    return true;
  ruled_ = false;
  return false;
}

bool RowBlock::Add(string_view name, string_view value) {
  const auto number = text::ScanNumber(value);
  const bool named = !name.empty() && (text::IsLetter(name.front()) || name.front() == '_');
  if (!named || !number || number->length != value.size() || members_.size() == kMostMembers) return false;
  // A record has each name once.
  if (std::any_of(members_.begin(), members_.end(), [&](const Member& member) { return member.name == name; }))
    return false;
  members_.push_back({std::string(name), *number, phase_});
  return true;
}

void RowBlock::Take(records::Fields& fields) {
  taken_.swap(members_);
  members_.clear();
  phase_ = records::Phase::kUnsaid;
  for (const Member& member : taken_) {
    records::Field field;
    field.name = member.name;
    field.number = member.number;
    field.phase = member.phase;
    field.joint = '|';
    fields.all.push_back(field);
  }
}

}  // namespace lossd::readers
