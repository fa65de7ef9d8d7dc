#include "bench/rivals/labelled_curves.h"

#include <simdjson.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <numbers>
#include <random>
#include <string_view>

namespace lossd::bench {
namespace {

std::optional<double> Number(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end == text.data()) return std::nullopt;
  return value;
}

std::vector<core::Observation> LoadSamples(const std::string& path) {
  std::ifstream in(path);
  std::string line;
  std::getline(in, line);
  std::vector<core::Observation> samples;
  while (std::getline(in, line)) {
    std::optional<double> fields[4];
    std::string_view rest = line;
    for (std::optional<double>& field : fields) {
      const std::size_t comma = rest.find(',');
      field = Number(rest.substr(0, comma));
      rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
    }
    core::Observation sample;
    if (fields[0]) sample.step = static_cast<std::int64_t>(*fields[0]);
    sample.value = fields[1].value_or(std::nan(""));
    sample.learning_rate = fields[2];
    sample.gradient_norm = fields[3];
    samples.push_back(sample);
  }
  return samples;
}

std::optional<std::size_t> Position(simdjson::dom::element entry, const char* key) {
  std::int64_t value = 0;
  if (entry[key].get(value) != simdjson::SUCCESS) return std::nullopt;
  return static_cast<std::size_t>(value);
}

std::string Text(simdjson::dom::element entry, const char* key) {
  std::string_view value;
  return entry[key].get(value) == simdjson::SUCCESS ? std::string(value) : std::string();
}

std::vector<std::size_t> Positions(simdjson::dom::element entry, const char* key) {
  std::vector<std::size_t> positions;
  simdjson::dom::array array;
  if (entry[key].get(array) != simdjson::SUCCESS) return positions;
  for (const simdjson::dom::element element : array) {
    std::int64_t value = 0;
    if (element.get(value) == simdjson::SUCCESS) positions.push_back(static_cast<std::size_t>(value));
  }
  return positions;
}

double Median(std::vector<double> values) {
  const std::size_t half = values.size() / 2;
  std::sort(values.begin(), values.end());
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

// 1.4826 MAD of the first differences, over the square root of two.
double Noise(const std::vector<double>& values) {
  std::vector<double> steps;
  for (std::size_t i = 1; i < values.size(); ++i) steps.push_back(values[i] - values[i - 1]);
  const double middle = Median(steps);
  for (double& step : steps) step = std::abs(step - middle);
  return 1.4826 * Median(steps) / std::numbers::sqrt2;
}

double Mean(const double* values, std::size_t count) {
  double sum = 0;
  for (std::size_t i = 0; i < count; ++i) sum += values[i];
  return sum / static_cast<double>(count);
}

// As a log prints it, with six digits.
double Printed(double value) {
  char text[32];
  const int size = std::snprintf(text, sizeof text, "%.6g", value);
  return Number({text, static_cast<std::size_t>(size)}).value_or(value);
}

}  // namespace

std::vector<Curve> LoadCurves(const std::string& folder, std::string& error) {
  simdjson::dom::parser parser;
  simdjson::dom::array labels;
  if (const auto code = parser.load(folder + "/labels.json").get(labels); code != simdjson::SUCCESS) {
    error = folder + "/labels.json: " + simdjson::error_message(code);
    return {};
  }
  std::vector<Curve> curves;
  for (const simdjson::dom::element entry : labels) {
    Curve curve;
    Label& label = curve.label;
    label.run = Text(entry, "run");
    label.kind = Text(entry, "kind");
    label.task = Text(entry, "task");
    label.samples = Position(entry, "samples").value_or(0);
    label.onset = Position(entry, "onset");
    label.clean_until = Position(entry, "clean_until");
    label.spikes = Positions(entry, "spikes");
    if (const auto span = Positions(entry, "span"); span.size() == 2) label.span = {span[0], span[1]};
    curve.samples = LoadSamples(folder + "/" + label.run + ".csv");
    if (curve.samples.empty()) {
      error = folder + "/" + label.run + ".csv: no samples";
      return {};
    }
    curves.push_back(std::move(curve));
  }
  return curves;
}

const char* Name(Injection injection) {
  switch (injection) {
    case Injection::kBlowup:
      return "blowup";
    case Injection::kDrift5:
      return "drift5";
    case Injection::kDrift2:
      return "drift2";
    case Injection::kFlat:
      return "flat";
    case Injection::kWave:
      return "wave";
    case Injection::kSpike:
      return "spike";
    case Injection::kOutlier:
      return "outlier";
  }
  return "";
}

std::size_t InjectionStart(std::size_t samples) { return static_cast<std::size_t>(static_cast<double>(samples) * 0.6); }

Curve Inject(const Curve& healthy, Injection injection) {
  std::vector<double> y;
  for (const core::Observation& sample : healthy.samples) y.push_back(sample.value);
  const std::size_t start = InjectionStart(y.size());
  const double* before = y.data() + start - 400;
  const double sigma = Noise({before, before + 400});
  const double half = Mean(before + 200, 200) - Mean(before, 200);
  std::vector<double> residuals;
  for (std::size_t i = 0; i < 400; ++i) residuals.push_back(before[i] - half * (static_cast<double>(i) / 200));
  std::mt19937 random(3);
  std::uniform_int_distribution<std::size_t> pick(0, residuals.size() - 1);

  Curve spoilt;
  spoilt.label = healthy.label;
  for (std::size_t i = 0; i < y.size(); ++i) {
    double value = y[i];
    if (i >= start) {
      const double t = static_cast<double>(i - start);
      switch (injection) {
        case Injection::kBlowup:
          value += 4 * std::abs(y[start]) * (1 - std::exp(-t / 100));
          break;
        case Injection::kDrift5:
          value += 5 * sigma * t / 1000;
          break;
        case Injection::kDrift2:
          value += 2 * sigma * t / 1000;
          break;
        case Injection::kFlat:
          value = 2 * half + residuals[pick(random)];
          break;
        case Injection::kWave:
          value += 3 * sigma * std::sin(2 * std::numbers::pi * t / 40);
          break;
        case Injection::kSpike:
          value += 10 * sigma * std::exp(-t / 5);
          break;
        case Injection::kOutlier:
          value += t == 0 ? 20 * sigma : 0;
          break;
      }
    }
    core::Observation sample;
    sample.value = Printed(value);
    sample.step = healthy.samples[i].step;
    spoilt.samples.push_back(sample);
  }
  return spoilt;
}

}  // namespace lossd::bench
