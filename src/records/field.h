// What a recogniser of structure finds in a line: numbers, each with the name under which it stands.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "records/vocabulary.h"
#include "text/number.h"

namespace lossd::records {

/// A number of a line. Views point into the line, or into what the recogniser remembers of earlier ones.
struct Field {
  std::string_view name;   ///< "" where only the place of the number tells what it is
  std::string_view group;  ///< `tot_loss` in `tot_loss[loss=1.5]`, `train` in `{"train": {"loss": 1.5}}`
  text::Number number;
  const Meaning* meaning = nullptr;  ///< of the name, where it was looked up before, as that of a column
  double total = 0;                  ///< 100 in `10/100`; 0 where there is none
  std::uint32_t begin = 0;           ///< where in the line its name stands, or the number where it has none
  std::uint32_t at = 0;              ///< where in the line the number stands
  Phase phase = Phase::kUnsaid;      ///< said by the words before it
  char joint = 0;                    ///< what stands between name and number: ':', '=', ' ', '[', '|', ','
  bool unit = false;                 ///< letters are glued to the number: a time, a size, or a damaged record
  bool bar = false;                  ///< the count of a progress bar
  bool rounded = false;              ///< printed with few digits, where it is a count: `86k`, `3.20e+4`, `0.000`
  bool call = false;                 ///< within the parentheses of a call: `f(lr=0.1)`
  bool quoted = false;               ///< its name stands in quotes, outside of any object
};

inline Meaning MeaningOf(const Field& field) {
  return field.meaning != nullptr ? *field.meaning : MeaningOf(field.name);
}

/// The structure that fields were found in.
enum class Structure : std::uint8_t { kPairs, kJson, kPythonDict, kTable };

struct Fields {
  std::vector<Field> all;
  Structure structure = Structure::kPairs;

  void clear() {
    all.clear();
    structure = Structure::kPairs;
  }
};

}  // namespace lossd::records
