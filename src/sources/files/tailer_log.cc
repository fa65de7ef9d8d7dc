#include "sources/files/tailer_log.h"

#include <string_view>

namespace lossd::sources {
namespace {

struct Message {
  logging::LogLevel level;
  std::string_view text;
};

Message MessageFor(TailerNotice::Kind kind) {
  using Kind = TailerNotice::Kind;
  switch (kind) {
    case Kind::kFound:
      return {logging::LogLevel::kInfo, "following file"};
    case Kind::kMissing:
      return {logging::LogLevel::kWarn, "file is missing, waiting for it"};
    case Kind::kError:
      return {logging::LogLevel::kWarn, "file cannot be read"};
    case Kind::kRecovered:
      return {logging::LogLevel::kInfo, "file can be read again"};
    case Kind::kRotated:
      return {logging::LogLevel::kInfo, "file was rotated"};
    case Kind::kTruncated:
      return {logging::LogLevel::kInfo, "file was truncated"};
    case Kind::kNoSamples:
      return {logging::LogLevel::kWarn, "file grows, and nothing is read from it"};
    case Kind::kNoText:
      return {logging::LogLevel::kWarn, "file is no log"};
    case Kind::kNothingFound:
      return {logging::LogLevel::kWarn, "nothing to follow here yet"};
    case Kind::kGone:
      return {logging::LogLevel::kInfo, "file is gone"};
  }
  return {logging::LogLevel::kInfo, ""};
}

}  // namespace

void LogNotice(logging::Log& log, const TailerNotice& notice) {
  const Message message = MessageFor(notice.kind);
  if (notice.detail.empty()) {
    log.Write(message.level, message.text, {{"path", notice.path}});
  } else {
    log.Write(message.level, message.text, {{"path", notice.path}, {"detail", notice.detail}});
  }
}

}  // namespace lossd::sources
