#include "cli/explain_printer.h"

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <charconv>
#include <cmath>
#include <ostream>

#include "export/json_text.h"
#include "export/json_value.h"
#include "text/utf8_text.h"

namespace lossd::cli {
namespace {

namespace json = boost::json;
using exporter::JsonInteger;
using exporter::JsonNumber;
using exporter::JsonText;

/// The shortest text that reads back as the same number.
std::string Shown(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  std::array<char, 32> text{};
  return {text.data(), std::to_chars(text.data(), text.data() + text.size(), value).ptr};
}

/// What a terminal can show of a line: its head, without control characters.
std::string Excerpt(std::string_view text) {
  constexpr std::size_t kLongest = 120;
  std::string excerpt = text::ToUtf8(text.substr(0, kLongest));
  std::replace_if(
      excerpt.begin(), excerpt.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }, ' ');
  if (text.size() > kLongest) excerpt += "...";
  return excerpt;
}

}  // namespace

void ExplainPrinter::Line(std::uint64_t number, std::string_view text, const readers::LineResult& result) {
  if (options_.summary) {
    Count(result);
    return;
  }
  // Samples that were held back stand on earlier lines: each is told under its own.
  std::vector<std::uint64_t> lines(result.lines.begin(), result.lines.end());
  std::sort(lines.begin(), lines.end());
  lines.erase(std::unique(lines.begin(), lines.end()), lines.end());
  std::vector<core::Sample> samples;
  readers::LineResult part = result;
  for (const std::uint64_t line : lines) {
    if (line == number) continue;
    samples.clear();
    for (std::size_t i = 0; i < result.lines.size(); ++i) {
      if (result.lines[i] == line) samples.push_back(result.samples[i]);
    }
    part.samples = samples;
    part.labels = nullptr;
    part.why = "was held back until now";
    Write(line, {}, part);
  }
  part = result;
  if (!lines.empty()) {
    samples.clear();
    for (std::size_t i = 0; i < result.lines.size(); ++i) {
      if (result.lines[i] == number) samples.push_back(result.samples[i]);
    }
    part.samples = samples;
  }
  // What the end of the log gives has no line of its own.
  const bool at_end = text.data() == nullptr && !result.samples.empty();
  if (!at_end || !part.samples.empty()) Write(number, text, part);
}

void ExplainPrinter::Write(std::uint64_t number, std::string_view text, const readers::LineResult& result) {
  if (options_.output == ExplainOptions::Output::kText) {
    Text(number, text, result);
  } else if (!result.samples.empty()) {
    Json(number, result);
  }
}

void ExplainPrinter::EndOfLog(const std::string& path) {
  if (!options_.summary) return;
  const bool text = options_.output == ExplainOptions::Output::kText;
  if (text && options_.files.size() > 1) out_ << path << ":\n";
  for (const Series& series : series_) {
    if (text) {
      SummaryText(series);
    } else {
      SummaryJson(path, series);
    }
  }
  if (text) {
    const char* separator = "lines: ";
    for (const auto& [reason, count] : lines_) {
      out_ << separator << count << ' ' << (reason == records::Ignored::kNone ? "taken" : records::Name(reason));
      separator = ", ";
    }
    out_ << '\n';
  }
  series_.clear();
  lines_.clear();
}

void ExplainPrinter::Json(std::uint64_t number, const readers::LineResult& result) {
  json::array samples;
  for (const core::Sample& sample : result.samples) {
    samples.push_back(json::object{{"loss", exporter::JsonText(sample.loss)},
                                   {"value", exporter::JsonNumber(sample.value)},
                                   {"step", exporter::JsonInteger(sample.step)},
                                   {"epoch", exporter::JsonNumber(sample.epoch)},
                                   {"lr", exporter::JsonNumber(sample.learning_rate)},
                                   {"grad_norm", exporter::JsonNumber(sample.gradient_norm)}});
  }
  const json::object line{{"line", number}, {"format", result.format}, {"samples", std::move(samples)}};
  out_ << exporter::ToJsonText(line) << '\n';
}

void ExplainPrinter::Text(std::uint64_t number, std::string_view text, const readers::LineResult& result) {
  out_ << number << ": ";
  if (result.ignored != records::Ignored::kNone) {
    out_ << "- " << records::Name(result.ignored) << " (" << result.why << "): " << Excerpt(text) << '\n';
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
  if (result.labels != nullptr) {
    for (const auto& [name, value] : *result.labels) out_ << ' ' << name << '=' << value;
  }
  out_ << " (" << result.why << ")";
  if (result.samples.empty()) out_ << ": " << Excerpt(text);
  out_ << '\n';
}

void ExplainPrinter::Count(const readers::LineResult& result) {
  ++lines_[result.ignored];
  for (const core::Sample& sample : result.samples) {
    auto series = std::find_if(series_.begin(), series_.end(), [&](const Series& s) { return s.name == sample.loss; });
    if (series == series_.end()) {
      series_.push_back({sample.loss, 0, 0, sample.step, sample.step, sample.value, 0, std::string(result.format)});
      series = series_.end() - 1;
    }
    ++series->samples;
    if (!std::isfinite(sample.value)) ++series->nonfinite;
    if (!series->first_step) series->first_step = sample.step;
    if (sample.step) series->last_step = sample.step;
    series->last = sample.value;
  }
}

void ExplainPrinter::SummaryJson(const std::string& path, const Series& series) {
  const json::object line{{"file", exporter::JsonText(path)},
                          {"loss", exporter::JsonText(series.name)},
                          {"format", series.format},
                          {"samples", series.samples},
                          {"nonfinite", series.nonfinite},
                          {"first_step", exporter::JsonInteger(series.first_step)},
                          {"last_step", exporter::JsonInteger(series.last_step)},
                          {"first", exporter::JsonNumber(series.first)},
                          {"last", exporter::JsonNumber(series.last)}};
  out_ << exporter::ToJsonText(line) << '\n';
}

void ExplainPrinter::SummaryText(const Series& series) {
  out_ << series.name << ": " << series.samples << " samples by " << series.format;
  if (series.first_step && series.last_step) out_ << ", steps " << *series.first_step << " to " << *series.last_step;
  out_ << ", from " << Shown(series.first) << " to " << Shown(series.last);
  if (series.nonfinite != 0) out_ << ", " << series.nonfinite << " not finite";
  out_ << '\n';
}

}  // namespace lossd::cli
