#include "readers/log/formats/repeated_records.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "readers/log/formats/key_value_scanner.h"
#include "readers/log/formats/number_surroundings.h"
#include "readers/log/formats/source_code.h"
#include "readers/log/formats/tokens.h"
#include "text/characters.h"

namespace lossd::readers {
namespace {

using std::string_view;

/// "(5000 6%)": the count that a parenthesis at the end of `text` holds with its share of the whole.
std::optional<text::Number> CountWithShare(string_view text) {
  const std::size_t open = text.rfind('(');
  if (!text.ends_with("%)") || open == string_view::npos) return std::nullopt;
  string_view inside = text.substr(open + 1, text.size() - open - 3);
  const auto count = text::WholeNumber(TakeToken(inside));
  const auto share = text::WholeNumber(TakeToken(inside));
  constexpr double kWhole = 100;
  if (!count || !count->integral || !share || share->value > kWhole || !OnlyBlanks(inside)) return std::nullopt;
  return count;
}

bool IsCounter(const records::Field& field) {
  const records::Role role = records::MeaningOf(field.name).role;
  return field.number.integral && !field.unit && (role == records::Role::kStep || role == records::Role::kEpoch);
}

}  // namespace

CountedNumber ScanCountedNumber(string_view line, records::Fields& fields) {
  constexpr std::size_t kLongest = 80, kFewestDigits = 4;
  const std::size_t last = line.find_last_not_of(" \t");
  if (last == string_view::npos || last >= kLongest || !text::IsDigit(line[last])) return CountedNumber::kNone;
  line = line.substr(0, last + 1);
  const std::size_t blank = line.find_last_of(" \t");
  if (blank == string_view::npos) return CountedNumber::kNone;
  const string_view written = line.substr(blank + 1);
  const auto value = text::WholeNumber(written);
  if (!value || value->integral || written.size() <= kFewestDigits) return CountedNumber::kNone;
  string_view before = line.substr(0, line.find_last_not_of(" \t", blank) + 1);
  auto count = CountWithShare(before);
  const bool shared = count.has_value();
  string_view noun;
  if (!shared) {
    if (!before.ends_with(':')) return CountedNumber::kNone;
    before.remove_suffix(1);
    noun = TakeToken(before);
    string_view digits = TakeToken(before);
    if (digits.empty()) std::swap(noun, digits);
    count = text::WholeNumber(digits);
    if (!count || !count->integral || !OnlyBlanks(before)) return CountedNumber::kNone;
    if (!noun.empty() && records::MeaningOf(noun).role != records::Role::kStep) return CountedNumber::kNone;
  }
  fields.all.push_back(Named("step", *count));
  fields.all.push_back(Named("loss", *value));
  fields.structure = records::Structure::kTable;
  return shared || !noun.empty() ? CountedNumber::kNamed : CountedNumber::kUnnamed;
}

Comment ScanComment(string_view line, records::Fields& fields) {
  constexpr string_view kSigns = "#>*!$@%/";
  const std::size_t begin = line.find_first_not_of("#>*!$@%/ ");
  if (begin == string_view::npos || kSigns.find(line.front()) == string_view::npos) return Comment::kNone;
  // What is left keeps its place in the line.
  const string_view text = line.substr(begin);
  if (!(text::IsLetter(text.front()) || text::IsDigit(text.front()) || text.front() == '[') || LooksLikeSource(text))
    return Comment::kNone;
  ScanPairs(text, fields);
  for (records::Field& field : fields.all) {
    field.at += static_cast<std::uint32_t>(begin);
    field.begin += static_cast<std::uint32_t>(begin);
  }
  if (fields.all.empty()) return Comment::kNone;
  // "# [10] loss: 0.5", "#10 loss 0.5"
  records::Field& first = fields.all.front();
  if (first.name.empty() && first.number.integral && first.at <= begin + 1) first.name = "step";
  // "LocalMAP iter 100, Loss: 12.6": the counter may have a model's name before it.
  const string_view name = fields.all.front().name;
  records::Field counter = fields.all.front();
  counter.name = name.substr(name.rfind(' ') + 1);
  const bool named =
      std::ranges::all_of(fields.all, [](const records::Field& field) { return !field.name.empty() && !field.call; });
  if (!named) return Comment::kNone;
  return IsCounter(counter) ? Comment::kCounted : Comment::kUncounted;
}

bool OpenCall(const records::Fields& pairs, records::Fields& fields) {
  if (pairs.structure != records::Structure::kPairs || pairs.all.size() < 2 || !IsCounter(pairs.all.front()))
    return false;
  const bool of_call = std::ranges::all_of(
      pairs.all, [](const records::Field& field) { return field.call && !field.name.empty() && field.joint != ' '; });
  if (!of_call) return false;
  fields.all = pairs.all;
  for (records::Field& field : fields.all) field.call = false;
  return true;
}

bool NameOnlyNumber(string_view line, const records::Fields& pairs, records::Fields& fields) {
  constexpr std::size_t kFewestDigits = 4;
  if (pairs.structure != records::Structure::kPairs || pairs.all.size() < 2 || !IsCounter(pairs.all.front()))
    return false;
  fields.all.clear();
  const auto has_word_behind = [&](const records::Field& field) {
    const std::size_t next = SkipBlanks(line, field.at + field.number.length);
    return next < line.size() && text::IsLetter(line[next]);
  };
  bool found = false;
  for (const records::Field& field : pairs.all) {
    records::Field named = field;
    const bool fraction = !field.number.integral && !field.unit && field.total == 0;
    if (field.name.empty() && fraction && field.number.length > kFewestDigits && !has_word_behind(field) &&
        !std::exchange(found, true)) {
      named.name = "loss";
      named.joint = ' ';
    } else if (fraction && records::IsPhaseOnly(field.name) && found) {
      named.name = records::PhaseOf(field.name) == records::Phase::kTest ? "test loss" : "val loss";
    } else if (records::MeaningOf(field.name).role == records::Role::kOther) {
      return false;
    }
    fields.all.push_back(named);
  }
  return found;
}

}  // namespace lossd::readers
