// The short cut for lines that differ from an earlier one only in their digits, as nearly all lines of a log do.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ingest/formats/field.h"
#include "ingest/reading.h"

namespace lossd::ingest {

/// Keeps the readings of a few lines, each under the line's shape: its bytes, with every digit as '0'. In a line of
/// equal shape every name and number stands at the same place, so that only the numbers need to be read anew. Where a
/// verdict hung on the value of a number and not on its place, that number must be equal, too, or the shape is not
/// kept.
class ShapeMemory {
 public:
  /// Fills `reading` as Interpret would for `line`. False, and `reading` void, where the long way has to be gone.
  bool Recall(std::string_view line, Reading& reading);

  /// Keeps what Interpret made of `line`, a record with a loss, if a later line may be read by its shape.
  void Keep(std::string_view line, const Fields& fields, const Reading& reading);

 private:
  static constexpr std::size_t kShapes = 8;
  static constexpr std::size_t kLongestLine = 1024;

  /// Bytes that must be as they were.
  struct Fixed {
    std::uint32_t at = 0;
    std::string bytes;
  };
  struct Kept {
    std::string shape;
    std::vector<Fixed> fixed;
    Reading reading;
  };

  std::string_view ShapeOf(std::string_view line);

  std::vector<Kept> kept_;
  std::size_t next_ = 0;  // to be replaced
  std::size_t last_ = 0;  // recalled last
  std::string shape_;     // scratch
};

}  // namespace lossd::ingest
