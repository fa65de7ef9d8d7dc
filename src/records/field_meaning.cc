#include "records/field_meaning.h"

#include <algorithm>

#include "records/word_classes.h"
#include "text/words.h"

namespace lossd::records {

using std::string_view;

Phase PhaseWithin(string_view name) {
  for (const string_view word : text::Words(name)) {
    if (PhaseOf(word) != Phase::kUnsaid) return PhaseOf(word);
  }
  return Phase::kUnsaid;
}

bool IsSpokenMean(const Field& field) {
  const text::Words words(field.name);
  return (field.joint == ':' || field.joint == '=') && words.size() > 1 && words.last() != "kl" &&
         (words[0] == "mean" || words[0] == "average" || words[0] == "avg");
}

bool IsPerplexity(string_view name) {
  const text::Words words(name);
  return !words.empty() && (ClassesOf(words.last()) & kProxyWord) != 0;
}

Meaning LookInGroup(const Field& field, Meaning meaning) {
  const Phase phase = PhaseWithin(field.group);
  const Meaning group = MeaningOf(field.group);
  if (meaning.role == Role::kLoss) {
    if (meaning.phase == Phase::kUnsaid) meaning.phase = phase != Phase::kUnsaid ? phase : group.phase;
    if (group.role == Role::kLoss && group.loss < meaning.loss) meaning.loss = group.loss;
  } else if (group.role == Role::kGradientNorm || group.role == Role::kLearningRate) {
    // "grad_norm={'0_default': 2.1, '1_fp32': 0.0}"
    return meaning.role == Role::kOther ? group : meaning;
  } else if (group.role == Role::kLoss &&
             (field.name == "total" || field.name == "value" || field.name == "mean" || field.name == "avg")) {
    return group;
  }
  return meaning;
}

bool IsRank(const Field& field) {
  constexpr double kMostRanks = 100000;
  return field.number.integral && !field.unit && field.total == 0 && field.number.value >= 0 &&
         field.number.value < kMostRanks &&
         (field.name == "rank" || field.name == "Rank" || field.name == "rank_id" || field.name == "global_rank");
}

bool IsNumberedObject(const Fields& fields) {
  const auto is_time = [](const Field& field) {
    const text::Words words(field.name);
    return std::any_of(words.begin(), words.end(), [](string_view word) {
      return word == "time" || word == "timestamp" || word == "ts" || word == "date" || word == "elapsed" ||
             word == "seconds" || word == "sec" || word == "runtime" || word == "eta";
    });
  };
  const auto is_number = [](const Field& field) {
    return field.number.integral && !field.unit && !field.name.empty() && MeaningOf(field.name).role == Role::kOther;
  };
  return std::any_of(fields.all.begin(), fields.all.end(), is_number) &&
         std::none_of(fields.all.begin(), fields.all.end(), is_time);
}

}  // namespace lossd::records
