// Why a log that grows gives no sample, in words.
#pragma once

#include <string>
#include <vector>

#include "sources/files/tailed_file.h"

namespace lossd::sources {

/// The three likeliest reasons, by what became of its lines, with what to do about each.
std::vector<std::string> NoSampleReasons(const LineCounts& counts);
/// In one sentence.
std::string Joined(const std::vector<std::string>& reasons);

}  // namespace lossd::sources
