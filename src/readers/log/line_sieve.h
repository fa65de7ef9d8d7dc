// Lines that are let go after one look.
#pragma once

#include <string_view>

namespace lossd::readers {

/// Whether a line of text may tell a loss, a step, an epoch or the like, or which part of the run goes on. False only
/// where none of its words is of the vocabulary of training; true where it is not plainly made of words (a row of
/// numbers, a rule, a member of an object, a script other than Latin). Most lines of most logs are let go here.
bool MayMatter(std::string_view line);

}  // namespace lossd::readers
