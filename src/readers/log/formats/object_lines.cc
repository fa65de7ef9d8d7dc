#include "readers/log/formats/object_lines.h"

#include "text/characters.h"

namespace lossd::readers {
namespace {

using std::string_view;

/// Takes `"key":` off `line`.
string_view TakeKey(string_view& line) {
  const char quote = line.empty() ? '\0' : line.front();
  if (quote != '"' && quote != '\'') return {};
  const std::size_t end = line.find(quote, 1);
  if (end == string_view::npos || end == 1) return {};
  string_view rest = text::TrimBlanks(line.substr(end + 1));
  if (rest.empty() || rest.front() != ':') return {};
  const string_view key = line.substr(1, end - 1);
  line = text::TrimBlanks(rest.substr(1));
  return key;
}

}  // namespace

bool ObjectLines::Read(string_view line, records::Fields& fields) {
  line = text::TrimBlanks(line);
  if (line.empty()) return false;
  closed_.clear();
  if (line == "{" || line == "[{") {
    Open({});
    return true;
  }
  if (levels_.empty()) return OpensWithMember(line);
  if (line == "}" || line == "}," || line == "}]") {
    Close(fields);
    return true;
  }
  if (line == "]" || line == "],") return true;
  const string_view key = TakeKey(line);
  if (key.empty()) {
    levels_.clear();
    members_.clear();
    return false;
  }
  if (line.ends_with(',')) line.remove_suffix(1);
  if (line == "{") {
    Open(key);
    return true;
  }
  // pprint closes an object behind its last member.
  int closed = 0;
  while (line.ends_with('}')) {
    line.remove_suffix(1);
    ++closed;
  }
  if (line != "[") Add(key, text::TrimBlanks(line));
  for (; closed > 0 && !levels_.empty(); --closed) Close(fields);
  return true;
}

/// Python's pprint: "{'loss': 2.5," with the rest of the members below, behind whatever begins the line.
bool ObjectLines::OpensWithMember(string_view line) {
  if (!line.ends_with(',')) return false;
  const std::size_t brace = line.find("{'");
  if (brace == string_view::npos) return false;
  string_view member = line.substr(brace + 1);
  const string_view key = TakeKey(member);
  if (key.empty()) return false;
  member.remove_suffix(1);
  const auto number = text::ScanNumber(member);
  if (!number || number->length != member.size()) return false;
  Open({});
  Add(key, member);
  return true;
}

void ObjectLines::Open(string_view key) {
  if (levels_.size() == kMostLevels) levels_.clear();
  if (levels_.empty()) members_.clear();
  Level level;
  level.key = key;
  level.first_member = members_.size();
  level.phase = records::PhaseOf(key);
  if (level.phase == records::Phase::kUnsaid && !levels_.empty()) level.phase = levels_.back().phase;
  levels_.push_back(std::move(level));
}

void ObjectLines::Add(string_view key, string_view value) {
  if (value.size() >= 2 && (value.front() == '"' || value.front() == '\'') && value.back() == value.front()) {
    value = value.substr(1, value.size() - 2);
    if ((key == "mode" || key == "phase" || key == "split" || key == "stage") &&
        records::PhaseOf(value) != records::Phase::kUnsaid) {
      levels_.back().phase = records::PhaseOf(value);
    }
  }
  const auto number = text::ScanNumber(value);
  if (!number || number->length != value.size() || members_.size() == kMostMembers) return;
  members_.push_back({std::string(key), *number, 0});
}

void ObjectLines::Close(records::Fields& fields) {
  const Level level = levels_.back();
  levels_.pop_back();
  bool loss = false;
  for (std::size_t i = level.first_member; i < members_.size(); ++i)
    loss = loss || records::MeaningOf(members_[i].name).role == records::Role::kLoss;
  if (loss) {
    const std::size_t first = closed_.size();
    closed_.insert(closed_.end(), members_.begin() + static_cast<std::ptrdiff_t>(level.first_member), members_.end());
    // The step may stand in the object around the one with the loss; not so where that is an element of a list.
    if (!level.key.empty() && !levels_.empty()) {
      for (std::size_t i = levels_.back().first_member; i < level.first_member; ++i) closed_.push_back(members_[i]);
    }
    for (std::size_t i = first; i < closed_.size(); ++i) {
      const Member& member = closed_[i];
      records::Field field;
      field.name = member.name;
      field.number = member.number;
      field.phase = level.phase;
      field.joint = ':';
      fields.all.push_back(field);
    }
    fields.structure = records::Structure::kJson;
    // The losses are told; what surrounds them must not tell them again.
    members_.resize(level.first_member);
  } else if (levels_.empty() || level.key.empty()) {
    members_.resize(level.first_member);
  }
}

}  // namespace lossd::readers
