// What a field is besides what its name alone says.
#pragma once

#include <string_view>

#include "records/field.h"

namespace lossd::records {

/// The phase that one of the words of a name says.
Phase PhaseWithin(std::string_view name);

/// `tot_loss[loss=1.0]`, `{"train": {"loss": 1.0}}`, `{"loss": {"total": 1.0}}`: the meaning of a field of a group,
/// whose name by itself means `meaning`.
Meaning LookInGroup(const Field& field, Meaning meaning);

/// "Mean reward: 12.5": a line by itself, for which one above may vouch.
bool IsSpokenMean(const Field& field);

bool IsPerplexity(std::string_view name);

/// "Epoch: 0, Step: 5, Rank: 3, loss = 0.5"
bool IsRank(const Field& field);

/// `{"step": 7, "loss": 0.5, "row": 12}`: an object that holds a number of its own beside its step, so that it is told
/// apart from one with the same step and value. Not where it holds a time, which differs when it is told twice.
bool IsNumberedObject(const Fields& fields);

}  // namespace lossd::records
