// Lines by which a log says that its training has ended.
#pragma once

#include <string_view>

namespace lossd::readers {

/// True for what frameworks print once, when training is over: "Training completed", "Finished training", Lightning's
/// "`Trainer.fit` stopped: ...", the Trainer's final dict with `train_runtime`. Conservative: a job that is taken for
/// ended leaves the scrape early, one that is not leaves it by its time to live. Epochs and steps that end are no ends.
bool IsFinishMarker(std::string_view line);

}  // namespace lossd::readers
