#include "app/follower_log.h"

#include <string_view>

namespace lossd::app {
namespace {

struct Message {
  LogLevel level;
  std::string_view text;
};

Message MessageFor(ingest::FollowerNotice::Kind kind) {
  using Kind = ingest::FollowerNotice::Kind;
  switch (kind) {
    case Kind::kFound:
      return {LogLevel::kInfo, "following file"};
    case Kind::kMissing:
      return {LogLevel::kWarn, "file is missing, waiting for it"};
    case Kind::kError:
      return {LogLevel::kWarn, "file cannot be read"};
    case Kind::kRecovered:
      return {LogLevel::kInfo, "file can be read again"};
    case Kind::kRotated:
      return {LogLevel::kInfo, "file was rotated"};
    case Kind::kTruncated:
      return {LogLevel::kInfo, "file was truncated"};
    case Kind::kGone:
      return {LogLevel::kInfo, "file is gone"};
  }
  return {LogLevel::kInfo, ""};
}

}  // namespace

void LogNotice(Log& log, const ingest::FollowerNotice& notice) {
  const Message message = MessageFor(notice.kind);
  if (notice.detail.empty()) {
    log.Write(message.level, message.text, {{"path", notice.path}});
  } else {
    log.Write(message.level, message.text, {{"path", notice.path}, {"detail", notice.detail}});
  }
}

}  // namespace lossd::app
