// A header whose names are parted by single blanks.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lossd::readers {

/// "epoch train_loss val_loss", "Epoch Training Loss Validation Loss": a counter and other names, one of them a loss.
/// They are a header only where a row of as many numbers stands below.
class SpacedHeader {
 public:
  /// Remembers the names of a line that may be one; forgets those of the line before.
  void Note(std::string_view line);

  /// Whether `line` is the row below the names.
  bool IsAbove(std::string_view line) const;

  const std::vector<std::string>& names() const { return names_; }

 private:
  std::vector<std::string> names_;
};

}  // namespace lossd::readers
