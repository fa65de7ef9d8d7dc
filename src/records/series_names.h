// What the name of a series says about it: its role, whether it is an evaluation, and of which training loss.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/regime/role.h"

namespace lossd::records {

/// By the words of the name, whatever joins them and in whatever case. A name that says nothing is the whole.
core::Role RoleOf(std::string_view series);

/// Whether the first word is one for an evaluation: eval, val, valid, validation, test, dev.
bool IsEvaluation(std::string_view series);

/// Names under which the training loss of an evaluation loss may stand in the same job, the likeliest first:
/// "val/box_loss" gives "train/box_loss", "training/box_loss", "box_loss", "train". Empty for what is no evaluation.
std::vector<std::string> TrainingCounterparts(std::string_view series);

}  // namespace lossd::records
