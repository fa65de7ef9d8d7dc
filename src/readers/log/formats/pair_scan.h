// How far a line of names and numbers is read, and the name that waits for its number.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "records/field.h"
#include "text/number.h"

namespace lossd::readers {

/// What the parts of ScanPairs share: each takes what stands at `at` and moves on behind it.
struct PairScan {
  PairScan(std::string_view text, records::Fields& found);

  /// Nothing that was read so far names what comes.
  void Forget();
  /// A sign between a name and its number.
  void Separate(char sign);

  /// Appends a number, which stands at `at`, under the name that waits for one. `total`: 100 in `10/100`; 0 where there
  /// is none. `unit`: it is a time or the like.
  void Add(const text::Number& number, double total, bool unit);

  /// Whether the number at hand is under a name of `role`, ...
  bool IsUnder(records::Role role) const;
  /// ... of any that lossd follows, ...
  bool IsKnown() const;
  /// ... or of something that is measured.
  bool IsUnderAMeasure() const;

  std::uint32_t OffsetOf(std::string_view part) const { return static_cast<std::uint32_t>(part.data() - line.data()); }

  std::string_view line;
  records::Fields& fields;
  std::size_t at = 0;
  std::string_view name;
  std::string_view open_name;  ///< waits for its number: "Cost" in "Cost after iteration 10: 0.5"
  std::string_view group;
  std::string_view subject;  ///< the last open name: of "Losses at iteration 3 - {'ner': 12.5}" what the object holds
  char joint = 0;
  int calls = 0;     ///< parentheses of calls that are open
  int unclosed = 0;  ///< objects that were begun and did not end
  bool quoted = false;
  bool name_is_behind = false;
  bool row = false;  ///< the line is a row of a table
  records::Phase phase = records::Phase::kUnsaid;
  records::Phase phase_before = records::Phase::kUnsaid;
};

}  // namespace lossd::readers
