#include "readers/log/formats/key_value_scanner.h"

#include <algorithm>
#include <cstddef>

#include "readers/log/formats/number_surroundings.h"
#include "readers/log/formats/pair_numbers.h"
#include "readers/log/formats/pair_signs.h"
#include "readers/log/formats/pair_words.h"
#include "readers/log/formats/tokens.h"
#include "text/characters.h"

namespace lossd::readers {
namespace {

/// Takes the sign outside ASCII at hand, which is `length` bytes long.
void TakeWideSign(PairScan& scan, std::size_t length) {
  if (IsFullWidthColon(scan.line, scan.at)) {
    scan.Separate(':');
  } else if (IsArrow(scan.line, scan.at) && scan.joint == 0 && scan.IsKnown()) {
    scan.Separate('=');
  } else if (!IsHardBlank(scan.line, scan.at)) {
    scan.Forget();
  }
  scan.at += length;
}

/// "9/9 [00:05<00:00, loss=0.5, val_accurEpoch 3, global step 36: ..." on a console that other text has written over:
/// between the pairs of a bar that is not closed, a name that only a blank parts from its number is of that text.
void DropOverwriting(std::string_view line, records::Fields& fields) {
  auto field = std::ranges::find_if(fields.all, &records::Field::bar);
  if (field == fields.all.end()) return;
  const std::size_t open = line.find('[', field->at);
  if (open == std::string_view::npos) return;
  const std::size_t close = line.find(']', open);
  for (bool pairs = false; field != fields.all.end() && field->at < close; ++field) {
    if (field->at < open || field->name.empty()) continue;
    if (field->joint == ' ' && pairs) {
      fields.all.erase(field, fields.all.end());
      return;
    }
    pairs = pairs || field->joint == '=';
  }
}

}  // namespace

void ScanPairs(std::string_view line, records::Fields& fields) {
  PairScan scan(line, fields);
  while (scan.at < line.size()) {
    const char c = line[scan.at];
    if (BeginsNumber(line, scan.at)) {
      TakeNumber(scan);
    } else if (const std::size_t wide = text::IsWide(c) ? WideSeparator(line, scan.at) : 0; wide != 0) {
      TakeWideSign(scan, wide);
    } else if (IsNameByte(c)) {
      TakeWord(scan);
    } else {
      TakeSign(scan);
    }
  }
  DropOverwriting(line, fields);
}

}  // namespace lossd::readers
