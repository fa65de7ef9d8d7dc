// Hashes of bytes: a stable one for the disk, a fast one for memory.
#pragma once

#include <cstdint>
#include <string_view>

namespace lossd::text {

/// FNV-1a, 64 bits.
std::uint64_t HashBytes(std::string_view bytes);

/// Equal for records that are equal letter for letter, and as good as never for others. Not for the disk: it depends on
/// the machine's order of bytes.
std::uint64_t HashOfRecord(std::string_view record);

}  // namespace lossd::text
