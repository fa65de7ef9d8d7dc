#include "records/number_place.h"

#include <algorithm>

#include "text/characters.h"

namespace lossd::records {
namespace {

using std::string_view;

constexpr Meaning kEpoch = {Role::kEpoch, Phase::kUnsaid, LossKind::kComponent, 0};
constexpr Meaning kFraction = {Role::kStep, Phase::kUnsaid, LossKind::kComponent, kBareFraction};
constexpr Meaning kOwnCounter = {Role::kStep, Phase::kUnsaid, LossKind::kComponent, kBatchNumber};
constexpr Meaning kLeading = {Role::kStep, Phase::kUnsaid, LossKind::kComponent, kLeadingNumber};

bool OnlyBlanks(string_view text) { return text.find_first_not_of(' ') == string_view::npos; }

/// "... logging_writer.py:64] [": what stands in this bracket is of the record, not of the logger.
bool FollowsCodePlace(string_view before) {
  return before.size() > 4 && before.ends_with("] [") && text::IsDigit(before[before.size() - 4]) &&
         before.substr(0, before.size() - 3).find(".py:") != string_view::npos;
}

bool IsBareInteger(const Field& field) {
  return field.name.empty() && field.number.integral && !field.unit && field.total == 0;
}

std::size_t End(const Field& field) { return field.at + field.number.length; }

/// "10 [D loss: 0.5]", " 3 train loss: 0.5", "[INFO] 350, loss=0.5": whether a loss is told right behind number `i`.
bool LeadsToLoss(string_view line, const Fields& fields, std::size_t i, char closing = ',') {
  if (fields.all.size() < i + 2) return false;
  const Field& next = fields.all[i + 1];
  if (next.number.integral || next.unit || MeaningOf(next.name).role != Role::kLoss) return false;
  const std::size_t end = End(fields.all[i]);
  std::size_t begin = end;
  if (begin < line.size() && line[begin] == closing) ++begin;
  while (begin < line.size() && (text::IsBlank(line[begin]) || line[begin] == '[')) ++begin;
  return begin > end && begin == next.begin;
}

/// "0 10 loss - 0.5": an epoch and a step at the head of the line.
bool AreEpochAndStep(string_view line, const Fields& fields) {
  return fields.all.size() > 2 && fields.all[0].at == 0 && IsBareInteger(fields.all[0]) &&
         IsBareInteger(fields.all[1]) && fields.all[1].at == End(fields.all[0]) + 1 && LeadsToLoss(line, fields, 1);
}

/// The loop of PyTorch's tutorials: "[1,  2000] loss: 2.250"
bool ArePairInBracket(string_view line, const Fields& fields) {
  if (fields.all.size() <= 2 || fields.all[0].at != 1 || line[0] != '[' || !fields.all[1].name.empty()) return false;
  const std::size_t comma = End(fields.all[0]);
  const std::size_t close = End(fields.all[1]);
  return comma < line.size() && line[comma] == ',' && close < line.size() && line[close] == ']';
}

/// "[0/30][4] D_Loss: 0.5": the epoch with its total, then the step.
bool AreBracketedApart(string_view line, const Fields& fields) {
  if (fields.all.size() <= 2 || fields.all[0].at != 1 || fields.all[0].total == 0 || !IsBareInteger(fields.all[1]))
    return false;
  const std::size_t second = fields.all[1].at;
  return line[0] == '[' && line.substr(second - 2, 2) == "][" && line.substr(End(fields.all[1]), 1) == "]";
}

/// "[0: 10/142] train loss: 0.5": the epoch, and the step with its total.
bool AreEpochAndFraction(string_view line, const Fields& fields) {
  if (fields.all.size() <= 2 || fields.all[0].at != 1 || line[0] != '[' || !IsBareInteger(fields.all[0])) return false;
  const std::size_t colon = End(fields.all[0]);
  const Field& second = fields.all[1];
  return line.substr(colon, 2) == ": " && second.at == colon + 2 && second.name.empty() && second.total != 0;
}

/// "[18:57:49] [#00100] Loss A: 0.5": a number behind its sign, and a pair behind both. An issue has such a number,
/// too.
bool IsSigned(string_view line, const Fields& fields, std::size_t i) {
  if (!line.substr(0, fields.all[i].at).ends_with("[#") || !LeadsToLoss(line, fields, i, ']')) return false;
  const char joint = fields.all[i + 1].joint;
  return joint == ':' || joint == '=';
}

/// "100 iterations, loss=0.5"
bool CountsNoun(string_view line, std::size_t end) {
  const std::size_t word = line.find_first_not_of(' ', end);
  if (word == string_view::npos || word == end) return false;
  std::size_t word_end = word;
  while (word_end < line.size() && text::IsLetter(line[word_end])) ++word_end;
  return line.substr(word_end, 1).find_first_of(",:|") == 0 &&
         MeaningOf(line.substr(word, word_end - word)).role == Role::kStep;
}

/// "1|54|Loss: 1.096: ...": epoch and step, parted by bars.
bool AreBarred(string_view line, const Fields& fields) {
  if (fields.all.size() <= 2 || fields.all[0].at != 0 || !IsBareInteger(fields.all[0]) ||
      !fields.all[1].number.integral || fields.all[1].unit || !fields.all[1].name.empty())
    return false;
  const std::size_t first = End(fields.all[0]);
  const std::size_t second = End(fields.all[1]);
  return line.substr(first, 1) == "|" && fields.all[1].at == first + 1 && line.substr(second, 1) == "|" &&
         fields.all[2].begin == second + 1 && MeaningOf(fields.all[2].name).role == Role::kLoss;
}

}  // namespace

Meaning MeaningByPlace(string_view line, const Fields& fields, std::size_t i, bool epoch_known) {
  const Field& field = fields.all[i];
  if (!field.number.integral || field.unit) return {};
  if (i <= 1 && AreBracketedApart(line, fields)) return i == 0 ? kEpoch : kOwnCounter;
  if (i == 0 && AreEpochAndFraction(line, fields)) return kEpoch;
  if (field.total != 0) {
    // "[1/200], [1/755]": the epoch, then the step
    const bool another = i + 1 < fields.all.size() && fields.all[i + 1].name.empty() && fields.all[i + 1].total != 0 &&
                         !fields.all[i + 1].bar;
    return !field.bar && !epoch_known && another ? kEpoch : kFraction;
  }
  if (i <= 1 && AreBarred(line, fields)) return i == 0 ? kEpoch : kOwnCounter;
  if (i <= 1 && ArePairInBracket(line, fields)) return i == 0 ? kEpoch : kFraction;
  if (i <= 1 && AreEpochAndStep(line, fields)) return i == 0 ? kEpoch : kLeading;
  const string_view before = line.substr(0, field.at);
  const std::size_t end = End(field);
  if (end >= line.size() || field.number.value < 0) return {};
  if (line[end] == ']' && FollowsCodePlace(before)) return kOwnCounter;
  if (IsSigned(line, fields, i)) return kLeading;
  // "... INFO [15]    train-logloss:0.005"
  if (before.ends_with('[') && line[end] == ']' && LeadsToLoss(line, fields, i, ']')) return kLeading;
  if (i != 0) return {};
  const string_view head = before.substr(std::min(before.find_first_not_of(' '), before.size()));
  const bool bracket = !head.empty() && head[0] == '[' && OnlyBlanks(head.substr(1)) && line[end] == ']';
  const bool colon = OnlyBlanks(before) && line[end] == ':';
  // "100) loss 0.5"
  const bool listed = OnlyBlanks(before) && (LeadsToLoss(line, fields, 0, ')') || CountsNoun(line, end));
  // "[10 | 25.34] loss=2.5", "10 | loss 3.1 | lr 1e-4"
  const bool cell = (before == "[" || OnlyBlanks(before)) && line.substr(end, 3) == " | ";
  if (bracket || colon || cell || listed) return kLeading;
  const bool behind_prefix = !before.empty() && before.ends_with("] ");
  return (OnlyBlanks(before) || behind_prefix) && LeadsToLoss(line, fields, 0) ? kLeading : Meaning{};
}

}  // namespace lossd::records
