#include "readers/log_stream.h"

#include <algorithm>

#include "readers/tensorboard/event_framer.h"

namespace lossd::readers {

LogStream::LogStream(std::string_view path, const records::ReaderOptions& options, std::size_t max_line)
    : kind_(EventFileReader::Handles(path) ? Kind::kEvents : Kind::kUndecided),
      framer_(max_line),
      lines_(options),
      events_(options) {}

void LogStream::Push(std::string_view bytes) {
  if (kind_ == Kind::kUndecided) {
    head_.append(bytes);
    Decide(false);
    return;
  }
  head_ = {};
  if (kind_ == Kind::kText) {
    framer_.Push(bytes);
  } else {
    events_.Push(bytes);
  }
}

/// Waits for the head of a first record, but not where the bytes at hand cannot be one: the length of a record is
/// small, and lines should come out as they come in.
void LogStream::Decide(bool at_end) {
  constexpr std::size_t kLengthBytes = 8, kHeaderBytes = 12;
  const std::string_view upper =
      std::string_view(head_).substr(0, kLengthBytes).substr(std::min<std::size_t>(head_.size(), 4));
  if (StartsAsEventFile(head_)) {
    kind_ = Kind::kEvents;
    events_.Push(head_);
  } else if (at_end || head_.size() >= kHeaderBytes || upper.find_first_not_of('\0') != std::string_view::npos) {
    kind_ = Kind::kText;
    framer_.Push(head_);
  }
}

LogStream::Entry LogStream::Next() {
  if (kind_ == Kind::kText) {
    if (const auto line = framer_.Next()) return ReadLine(*line);
  } else if (kind_ == Kind::kEvents) {
    if (const auto result = events_.Next()) return Entry{{}, ++number_, *result};
  }
  return {};
}

LogStream::Entry LogStream::Finish() {
  if (kind_ == Kind::kUndecided) Decide(true);
  if (kind_ == Kind::kText) {
    // Lines of a head that was only now found to be text.
    if (const auto line = framer_.Next()) return ReadLine(*line);
    if (ending_ == Ending::kNotYet) {
      ending_ = Ending::kLastLineGiven;
      if (const auto line = framer_.Finish()) return ReadLine(*line);
    }
  }
  if (ending_ == Ending::kAllGiven) return {};
  ending_ = Ending::kAllGiven;
  const LineResult rest = kind_ == Kind::kText ? lines_.Finish() : events_.Finish();
  if (rest.samples.empty()) return {};
  return Entry{{}, number_, rest};
}

LogStream::Entry LogStream::ReadLine(const text::LineFramer::Line& line) {
  ++number_;
  if (line.truncated) {
    return {line.text, number_, {records::Ignored::kTooLong, {}, {}, nullptr, "longer than the limit"}};
  }
  return {line.text, number_, lines_.Read(line.text, line.terminated)};
}

}  // namespace lossd::readers
