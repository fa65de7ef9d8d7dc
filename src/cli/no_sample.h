// What `replay` and `explain` say of a log from which nothing is read.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace lossd::cli {

/// The exit status; 1 where a log could not be read at all wins.
inline constexpr int kNothingRead = 3;

/// What a file came to.
struct FileContent {
  std::uint64_t bytes = 0, samples = 0;  ///< samples: lines and records that gave any
  std::string_view nature = {};          ///< as readers::LogStream tells it
};

/// Why it gives no sample, and what to do about it.
std::string NoSample(const FileContent& content);

}  // namespace lossd::cli
