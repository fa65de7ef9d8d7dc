// Log messages with fields, as logfmt or as JSON, one a line.
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <iosfwd>
#include <memory>
#include <string>
#include <string_view>

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
/// holds, a message is one line of valid UTF-8.
class Log {
 public:
  using Fields = std::initializer_list<LogField>;

  /// `out` must outlive the log; every message is flushed.
  Log(LogLevel level, LogFormat format, std::ostream& out);
  ~Log();

  void Debug(std::string_view message, Fields fields = {}) { Write(LogLevel::kDebug, message, fields); }
  void Info(std::string_view message, Fields fields = {}) { Write(LogLevel::kInfo, message, fields); }
  void Warn(std::string_view message, Fields fields = {}) { Write(LogLevel::kWarn, message, fields); }
  void Error(std::string_view message, Fields fields = {}) { Write(LogLevel::kError, message, fields); }
  void Write(LogLevel level, std::string_view message, Fields fields);

 private:
  struct Sink;
  std::unique_ptr<Sink> sink_;
  LogFormat format_;
};

/// A JSON string with its quotes: control characters escaped, bytes that are not UTF-8 replaced by U+FFFD. Also what
/// logfmt readers take for a quoted value.
std::string QuoteJson(std::string_view text);

}  // namespace lossd::logging
