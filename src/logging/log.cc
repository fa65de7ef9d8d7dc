#include "logging/log.h"

#include <spdlog/logger.h>
#include <spdlog/sinks/ostream_sink.h>

#include <charconv>
#include <cmath>
#include <ostream>
#include <utility>
#include <vector>

namespace lossd::logging {
namespace {

constexpr std::string_view kLevelNames[] = {"debug", "info", "warn", "error"};

/// Length of the UTF-8 sequence at the front of `text`; 0 where there is none.
std::size_t SequenceLength(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned lead = byte(0);
  const std::size_t length = lead < 0x80   ? 1
                             : lead < 0xC2 ? 0
                             : lead < 0xE0 ? 2
                             : lead < 0xF0 ? 3
                             : lead < 0xF5 ? 4
                                           : 0;
  if (length == 0 || length > text.size()) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  // Overlong forms, surrogates and what lies beyond U+10FFFF show in the second byte.
  if (lead == 0xE0 && byte(1) < 0xA0) return 0;
  if (lead == 0xED && byte(1) > 0x9F) return 0;
  if (lead == 0xF0 && byte(1) < 0x90) return 0;
  if (lead == 0xF4 && byte(1) > 0x8F) return 0;
  return length;
}

/// Of a sequence of that length.
char32_t CodePoint(std::string_view text, std::size_t length) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  char32_t point = length == 1 ? byte(0) : byte(0) & (0x7Fu >> length);
  for (std::size_t i = 1; i < length; ++i) point = point << 6 | (byte(i) & 0x3Fu);
  return point;
}

/// What a terminal or a viewer takes for a command, a line's end, or a change of the direction of text.
bool IsControl(char32_t point) {
  return point < 0x20 || (point >= 0x7F && point <= 0x9F) || point == 0x061C || point == 0x200E || point == 0x200F ||
         (point >= 0x2028 && point <= 0x202E) || (point >= 0x2066 && point <= 0x2069) || point == 0xFEFF;
}

/// The text, or as much of it as a message takes.
std::string_view Cut(std::string_view text) {
  if (text.size() <= Log::kMaxValue) return text;
  std::size_t end = Log::kMaxValue;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end);
}

std::string Quote(std::string_view text) {
  std::string quoted = QuoteJson(Cut(text));
  if (text.size() > Log::kMaxValue) quoted.insert(quoted.size() - 1, "...");
  return quoted;
}

/// A value that logfmt readers take without quotes.
bool IsBare(std::string_view text) {
  if (text.empty() || text.size() > Log::kMaxValue) return false;
  for (const char c : text) {
    if (c <= ' ' || c > '~' || c == '"' || c == '=' || c == '\\') return false;
  }
  return true;
}

std::string EncodeLogfmt(LogLevel level, std::string_view message, Log::Fields fields) {
  std::string line = "level=" + std::string(kLevelNames[static_cast<std::size_t>(level)]) + " msg=" + Quote(message);
  for (const LogField& field : fields) {
    line += ' ';
    line += field.key;
    line += '=';
    line += IsBare(field.value) ? field.value : Quote(field.value);
  }
  return line;
}

std::string EncodeJson(LogLevel level, std::string_view message, Log::Fields fields) {
  std::string line =
      "\"level\":\"" + std::string(kLevelNames[static_cast<std::size_t>(level)]) + "\",\"msg\":" + Quote(message);
  for (const LogField& field : fields) {
    line += ',' + QuoteJson(field.key) + ':' + (field.is_number ? field.value : Quote(field.value));
  }
  return line;
}

spdlog::level::level_enum SpdlogLevel(LogLevel level) {
  constexpr spdlog::level::level_enum kLevels[] = {spdlog::level::debug, spdlog::level::info, spdlog::level::warn,
                                                   spdlog::level::err};
  return kLevels[static_cast<std::size_t>(level)];
}

}  // namespace

struct Log::Sink {
  explicit Sink(std::ostream& out) : logger("lossd", std::make_shared<spdlog::sinks::ostream_sink_st>(out, true)) {}
  spdlog::logger logger;
};

LogField::LogField(std::string_view key_, double number) : key(key_), is_number(std::isfinite(number)) {
  char text[32];
  value.assign(text, std::to_chars(text, text + sizeof text, number).ptr);
}

Log::Log(LogLevel level, LogFormat format, std::ostream& out, RateLimitOptions limit, Clock clock)
    : sink_(std::make_unique<Sink>(out)), format_(format), clock_(std::move(clock)), limit_(limit), told_(clock_()) {
  sink_->logger.set_level(SpdlogLevel(level));
  sink_->logger.set_pattern(
      format == LogFormat::kJson ? R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ",%v})" : "time=%Y-%m-%dT%H:%M:%S.%eZ %v",
      spdlog::pattern_time_type::utc);
}

Log::~Log() = default;

void Log::Write(LogLevel level, std::string_view message, Fields fields) {
  if (!sink_->logger.should_log(SpdlogLevel(level))) return;
  const std::string_view subject = fields.size() == 0 ? std::string_view() : fields.begin()->value;
  if (!limit_.Allow(message, subject, clock_())) return;
  Put(level, message, fields, limit_.TakeLeftOut(message, subject));
}

void Log::Put(LogLevel level, std::string_view message, Fields fields, std::uint64_t left_out) {
  std::string line =
      format_ == LogFormat::kJson ? EncodeJson(level, message, fields) : EncodeLogfmt(level, message, fields);
  if (left_out > 0) {
    line += (format_ == LogFormat::kJson ? ",\"left_out\":" : " left_out=") + std::to_string(left_out);
  }
  sink_->logger.log(SpdlogLevel(level), spdlog::string_view_t(line.data(), line.size()));
}

void Log::Tick() {
  const auto now = clock_();
  if (now - told_ < kTellInterval) return;
  told_ = now;
  const std::uint64_t count = limit_.TakeAllLeftOut();
  if (count > 0) Put(LogLevel::kWarn, "log messages left out", {}, count);
}

std::string QuoteJson(std::string_view text) {
  constexpr char kHex[] = "0123456789abcdef";
  std::string quoted = "\"";
  while (!text.empty()) {
    const std::size_t length = SequenceLength(text);
    const char c = text[0];
    if (length == 0) {
      quoted += "\\ufffd";
    } else if (c == '"' || c == '\\') {
      quoted += '\\';
      quoted += c;
    } else if (c == '\n') {
      quoted += "\\n";
    } else if (c == '\t') {
      quoted += "\\t";
    } else if (const char32_t point = CodePoint(text, length); IsControl(point)) {
      quoted += "\\u";
      for (int shift = 12; shift >= 0; shift -= 4) quoted += kHex[point >> shift & 0xF];
    } else {
      quoted.append(text.substr(0, length));
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return quoted + '"';
}

}  // namespace lossd::logging
