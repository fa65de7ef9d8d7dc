// Log messages with fields, as logfmt or as JSON, one a line.
#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <iosfwd>
#include <memory>
#include <string>
#include <string_view>

#include "logging/rate_limit.h"

namespace lossd::logging {

enum class LogLevel : std::uint8_t { kDebug, kInfo, kWarn, kError };
enum class LogFormat : std::uint8_t { kLogfmt, kJson };

/// A name and a value of a log message. Numbers stay numbers in JSON (except NaN and infinities, which are strings
/// there).
struct LogField {
  LogField(std::string_view key_, std::string_view text) : key(key_), value(text) {}
  LogField(std::string_view key_, const std::string& text) : LogField(key_, std::string_view(text)) {}
  LogField(std::string_view key_, const char* text) : LogField(key_, std::string_view(text)) {}
  LogField(std::string_view key_, double number);
  LogField(std::string_view key_, std::integral auto number)
      : key(key_), value(std::to_string(number)), is_number(true) {}

  std::string_view key;
  std::string value;
  bool is_number = false;
};

/// `time=2026-01-31T12:00:00.000Z level=info msg="..." key=value`, or the same as a JSON object. Whatever bytes a value
/// holds, a message is one line of valid UTF-8 that no terminal takes for a command; a value of more than kMaxValue
/// bytes is cut.
///
/// What is written is bounded: messages with the same text about the same subject, which is their first field, have a
/// rate of their own, and all together have one. The next that is written tells with a field `left_out` how many were
/// not.
class Log {
 public:
  using Fields = std::initializer_list<LogField>;
  using Clock = std::function<std::chrono::steady_clock::time_point()>;

  /// `out` must outlive the log; every message is flushed.
  Log(LogLevel level, LogFormat format, std::ostream& out, RateLimitOptions limit = {},
      Clock clock = std::chrono::steady_clock::now);
  ~Log();

  void Debug(std::string_view message, Fields fields = {}) { Write(LogLevel::kDebug, message, fields); }
  void Info(std::string_view message, Fields fields = {}) { Write(LogLevel::kInfo, message, fields); }
  void Warn(std::string_view message, Fields fields = {}) { Write(LogLevel::kWarn, message, fields); }
  void Error(std::string_view message, Fields fields = {}) { Write(LogLevel::kError, message, fields); }
  void Write(LogLevel level, std::string_view message, Fields fields);

  /// To be called now and then: tells how many messages were left out of which no other message has told, at most once
  /// in kTellInterval.
  void Tick();

  static constexpr std::size_t kMaxValue = 2048;
  static constexpr std::chrono::seconds kTellInterval{10};

 private:
  struct Sink;
  void Put(LogLevel level, std::string_view message, Fields fields, std::uint64_t left_out);

  std::unique_ptr<Sink> sink_;
  LogFormat format_;
  Clock clock_;
  RateLimit limit_;
  std::chrono::steady_clock::time_point told_;
};

/// A JSON string with its quotes: control characters, line separators and what turns the direction of text are escaped,
/// bytes that are not UTF-8 replaced by U+FFFD. Also what logfmt readers take for a quoted value.
std::string QuoteJson(std::string_view text);

}  // namespace lossd::logging
