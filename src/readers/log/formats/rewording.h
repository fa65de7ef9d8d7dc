// Records in the signs of a language instead of in those of a log.
#pragma once

#include <string>
#include <string_view>

namespace lossd::readers {

/// Says in `reworded` as a log would what `line` says as a printed tuple, as a quoted text, or in a sentence:
/// "('epoch', 1, 'loss', 0.5)" is "epoch 1, loss 0.5", "After 10 training step(s), loss ..." is "step 10, loss ...".
/// Says whether there is anything of that kind.
bool Reword(std::string_view line, std::string& reworded);

}  // namespace lossd::readers
