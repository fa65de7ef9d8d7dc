#include "readers/text_reader.h"

#include <algorithm>
#include <utility>

namespace lossd::readers {
namespace {

bool IsTerminator(char c) { return c == '\n' || c == '\r' || c == '\0'; }

}  // namespace

void TextReader::Push(std::string_view bytes) {
  if (leading_nuls_) {
    const std::size_t nuls = std::min(bytes.find_first_not_of('\0'), bytes.size());
    bytes.remove_prefix(nuls);
    offset_ += nuls;
    framer_.Reset(offset_);
    leading_nuls_ = bytes.empty();
  }
  ending_ = Ending::kNotYet;
  framer_.Push(bytes);
}

Reader::Entry TextReader::Next() {
  while (const auto line = framer_.Next()) {
    offset_ = line->end;
    if (!std::exchange(skip_line_, false)) return ReadLine(*line);
  }
  return {};
}

Reader::Entry TextReader::Finish() {
  if (ending_ == Ending::kNotYet) {
    ending_ = Ending::kLastLineGiven;
    if (const auto line = framer_.Finish()) {
      offset_ = line->end;
      if (!std::exchange(skip_line_, !line->terminated)) return ReadLine(*line);
    }
  }
  if (ending_ == Ending::kAllGiven) return {};
  ending_ = Ending::kAllGiven;
  const LineResult rest = lines_.Finish();
  if (rest.samples.empty()) return {};
  return Entry{{}, number_, rest};
}

bool TextReader::Resume(const Place& place) {
  offset_ = place.offset;
  framer_.Reset(offset_);
  leading_nuls_ = offset_ == 0;
  const bool ended = place.before ? IsTerminator(*place.before) : place.behind_entry;
  skip_line_ = offset_ != 0 && !ended;
  ending_ = Ending::kNotYet;
  return true;
}

Reader::Entry TextReader::ReadLine(const text::LineFramer::Line& line) {
  ++number_;
  if (line.truncated) {
    lines_.PassOver();
    return {line.text,
            number_,
            {records::Ignored::kTooLong, {}, {}, nullptr, "longer than follow.max_line_size in the configuration"}};
  }
  return {line.text, number_, lines_.Read(line.text, line.terminated)};
}

}  // namespace lossd::readers
