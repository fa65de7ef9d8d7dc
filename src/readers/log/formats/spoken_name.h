// Names of numbers that are told in words: which words lead up to a name, which end it, and which stand open.
#pragma once

#include <cstddef>
#include <string_view>

#include "text/number.h"

namespace lossd::readers {

/// Words that lead up to a name but are no part of it: "at step 100", "with lr 0.1".
bool IsPreposition(std::string_view word);

/// "SUCCESS Step 5": the level of a logger is no part of a name.
bool IsLogLevel(std::string_view word);

/// "train.py: [0/10]": whether `word`, which ends at `end`, is a file of a program before what it logs.
bool IsCodePlace(std::string_view line, std::string_view word, std::size_t end);

/// Parts of a model that come in numbers, each with a loss.
bool IsModelPart(std::string_view name);

/// "training-loss, overall: 0.5": where the word that begins at `at`, behind blanks, ends; 0 where it says more of a
/// loss than that it is the whole or the mean, or no colon follows.
std::size_t QualifierEnd(std::string_view line, std::size_t at);

/// A name and the one that still waits for its number.
struct SplitName {
  std::string_view name;
  std::string_view open;  ///< "" where there is none
};

/// Of `Cost after iteration` the part that the next number belongs to, `iteration`, and the rest. A verb at the end
/// goes: `learning rate is`. What is no count stays whole: `loss on training batch`.
SplitName SplitSpokenName(std::string_view name, bool count = true);

/// Of `Training loss epoch`, before "1: 0.5", the same.
SplitName SplitBeforeCounter(std::string_view name);

/// Of "(epoch 3)", which opens at `open` behind the name of a loss and before its value, the count and its name; an
/// empty name elsewhere.
struct CountAside {
  std::string_view name;
  text::Number number;
  std::size_t at = 0;   ///< where in the line the number stands
  std::size_t end = 0;  ///< behind the parenthesis
};
CountAside ScanCountAside(std::string_view line, std::size_t open);

}  // namespace lossd::readers
