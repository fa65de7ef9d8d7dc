#include "readers/log/formats/key_value_scanner.h"

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
}

}  // namespace lossd::readers
