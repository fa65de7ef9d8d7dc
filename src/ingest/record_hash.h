// A number for the text of a record, to know it again by.
#pragma once

#include <cstdint>
#include <string_view>

namespace lossd::ingest {

/// Equal for records that are equal letter for letter, and as good as never for others. Not for the disk: it depends on
/// the machine's order of bytes.
std::uint64_t HashOfRecord(std::string_view record);

}  // namespace lossd::ingest
