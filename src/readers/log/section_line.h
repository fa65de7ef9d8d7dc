// Lines that say which part of the run goes on.
#pragma once

#include <string_view>

#include "records/vocabulary.h"

namespace lossd::readers {

/// A line that says in words which pass begins: "Eval begin...", "***** Running Evaluation *****", "Validating".
records::Phase SectionOf(std::string_view line);

/// "Validation", "[Training]", "--- Test ---", "Validation phase:": the name of a pass, and nothing else.
bool IsHeading(std::string_view line);

/// "Early stopping, best iteration is:": the record below it was told before.
bool AnnouncesBest(std::string_view line);

/// `-----`, `#####`, `====== Training Loss ======`: what parts one block of lines from the next.
bool IsRule(std::string_view line);

}  // namespace lossd::readers
