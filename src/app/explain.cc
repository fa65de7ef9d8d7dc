#include "app/explain.h"

#include <array>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstring>
#include <fstream>
#include <iostream>
#include <map>
#include <optional>
#include <ostream>
#include <string_view>

#include "ingest/line_framer.h"

namespace lossd::app {
namespace {

std::string Shown(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  std::array<char, 32> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  return {text.data(), end};
}

std::string Quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += ' ';
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string JsonNumber(double value) { return std::isfinite(value) ? Shown(value) : Quoted(Shown(value)); }
std::string JsonNumber(const std::optional<double>& value) { return value ? JsonNumber(*value) : "null"; }

/// Writes what each line gave, in the form that was asked for.
class Printer {
 public:
  Printer(const ExplainOptions& options, std::ostream& out) : options_(options), out_(out) {}

  void Line(std::uint64_t number, std::string_view text, const ingest::LineResult& result) {
    if (options_.output == ExplainOptions::Output::kJson) {
      if (!result.samples.empty()) Json(number, result);
    } else {
      Text(number, text, result);
    }
  }

 private:
  void Json(std::uint64_t number, const ingest::LineResult& result) {
    out_ << "{\"line\":" << number << ",\"format\":" << Quoted(result.format) << ",\"samples\":[";
    const char* comma = "";
    for (const core::Sample& sample : result.samples) {
      out_ << comma << "{\"loss\":" << Quoted(sample.loss) << ",\"value\":" << JsonNumber(sample.value) << ",\"step\":";
      if (sample.step) {
        out_ << *sample.step;
      } else {
        out_ << "null";
      }
      out_ << ",\"epoch\":" << JsonNumber(sample.epoch) << ",\"lr\":" << JsonNumber(sample.learning_rate)
           << ",\"grad_norm\":" << JsonNumber(sample.gradient_norm) << '}';
      comma = ",";
    }
    out_ << "]}\n";
  }

  void Text(std::uint64_t number, std::string_view text, const ingest::LineResult& result) {
    out_ << number << ": ";
    if (result.ignored != ingest::Ignored::kNone) {
      out_ << "ignored (" << ingest::Name(result.ignored) << "): " << result.why << ": " << text.substr(0, 100) << '\n';
      return;
    }
    out_ << result.format;
    for (const core::Sample& sample : result.samples) {
      out_ << ' ' << sample.loss << '=' << Shown(sample.value);
      if (sample.step) out_ << " step=" << *sample.step;
      if (sample.epoch) out_ << " epoch=" << Shown(*sample.epoch);
      if (sample.learning_rate) out_ << " lr=" << Shown(*sample.learning_rate);
      if (sample.gradient_norm) out_ << " grad_norm=" << Shown(*sample.gradient_norm);
    }
    out_ << " (" << result.why << ")\n";
  }

  const ExplainOptions& options_;
  std::ostream& out_;
};

/// Reads one log to its end.
void ExplainStream(std::istream& in, const std::string& path, ingest::ReaderOptions options, Printer& printer) {
  options.path_hint = path;
  const ingest::ReaderOptions& reader_options = options;
  ingest::LogReader reader(reader_options);
  ingest::LineFramer framer;
  std::uint64_t number = 0;
  const auto explain = [&](const ingest::LineFramer::Line& line, bool terminated) {
    ++number;
    if (line.truncated) {
      printer.Line(number, line.text, {ingest::Ignored::kTooLong, {}, {}, nullptr, "longer than the limit"});
    } else {
      printer.Line(number, line.text, reader.Read(line.text, terminated));
    }
  };
  std::array<char, 65536> buffer{};
  while (in.read(buffer.data(), buffer.size()), in.gcount() > 0) {
    framer.Push({buffer.data(), static_cast<std::size_t>(in.gcount())});
    while (const auto line = framer.Next()) explain(*line, true);
  }
  if (const auto line = framer.Finish()) explain(*line, false);
  const ingest::LineResult rest = reader.Finish();
  if (!rest.samples.empty()) printer.Line(number, {}, rest);
}

}  // namespace

int RunExplain(const ExplainOptions& options, std::ostream& out, std::ostream& err) {
  int status = 0;
  Printer printer(options, out);
  for (const std::string& path : options.files) {
    if (path == "-") {
      ExplainStream(std::cin, {}, options.reader, printer);
      continue;
    }
    std::ifstream file(path, std::ios::binary);
    // A directory opens, but cannot be read.
    if (!file || (file.peek() == std::ifstream::traits_type::eof() && file.bad())) {
      err << "lossd: " << path << ": " << std::strerror(errno) << '\n';
      status = 1;
      continue;
    }
    file.clear();
    ExplainStream(file, path, options.reader, printer);
  }
  return status;
}

}  // namespace lossd::app
