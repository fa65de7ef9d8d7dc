#include "push/otlp/service_reader.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <utility>

#include "records/vocabulary.h"
#include "text/json_number.h"

namespace lossd::push {
namespace {

constexpr std::uint64_t kLatestTime = 9'200'000'000'000'000'000;

std::optional<std::int64_t> Integer(const std::string& text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc() && end == text.data() + text.size()) return value;
  double number = 0;
  if (text::ToDouble(text, number) != std::errc() || std::floor(number) != number || std::abs(number) > 9e15)
    return std::nullopt;
  return static_cast<std::int64_t>(number);
}

/// A point's attributes, sorted out.
struct Place {
  std::optional<std::int64_t> step;
  std::optional<double> epoch;
  OtlpAttributes labels;
  bool overflow = false;  ///< of a series that holds what the SDK had no room for
};

Place PlaceOf(const OtlpPoint& point) {
  Place place;
  for (const auto& [name, value] : point.attributes) {
    const records::Role role = records::MeaningOf(name).role;
    double number = 0;
    if (role == records::Role::kStep && Integer(value)) {
      place.step = Integer(value);
    } else if (role == records::Role::kEpoch && text::ToDouble(value, number) == std::errc()) {
      place.epoch = number;
    } else if (name == "otel.metric.overflow") {
      place.overflow = true;
    } else {
      place.labels.emplace_back(name, value);
    }
  }
  return place;
}

std::string SeriesKey(const OtlpPoint& point, const Place& place) {
  std::string key = point.name;
  for (const auto& [name, value] : place.labels) key += '\x1F' + name + '\x1E' + value;
  return key;
}

void Stamp(std::vector<core::Sample>& samples, std::size_t from, std::uint64_t time) {
  if (time == 0 || time > kLatestTime) return;
  for (std::size_t i = from; i < samples.size(); ++i) {
    samples[i].time = core::Timestamp(std::chrono::nanoseconds(time));
  }
}

}  // namespace

std::optional<double> ServiceReader::ValueOf(const OtlpPoint& point, const std::string& series) {
  switch (point.kind) {
    case OtlpPoint::Kind::kLast:
      return point.value;
    case OtlpPoint::Kind::kDelta:
      if (!sums_.contains(series) && sums_.size() >= kMostSeries) return std::nullopt;
      return sums_[series] += point.value;
    case OtlpPoint::Kind::kDeltaTotals:
      return point.value / static_cast<double>(point.count);
    case OtlpPoint::Kind::kTotals:
      break;
  }
  if (!totals_.contains(series) && totals_.size() >= kMostSeries) return std::nullopt;
  Totals& last = totals_[series];
  if (point.count < last.count) last = {};  // it has started anew
  const std::uint64_t count = point.count - last.count;
  const double sum = point.value - last.sum;
  last = {point.value, point.count};
  if (count == 0) return std::nullopt;
  return sum / static_cast<double>(count);
}

std::vector<core::Sample> ServiceReader::Read(const std::vector<OtlpPoint>& points) {
  std::vector<records::Gauge> standing;
  std::map<std::string, std::vector<std::pair<std::int64_t, Stepped>>> stepped;  // by series
  std::uint64_t latest = 0;
  for (const OtlpPoint& point : points) {
    const Place place = PlaceOf(point);
    if (place.overflow || !records::MayTell(point.name, {})) continue;
    const std::string series = SeriesKey(point, place);
    const auto value = ValueOf(point, series);
    if (!value) continue;
    records::Gauge gauge{point.name, place.labels, *value};
    if (place.step) {
      stepped[series].emplace_back(*place.step, Stepped{std::move(gauge), place.epoch, point.time});
      continue;
    }
    latest = std::max(latest, point.time);
    standing.push_back(std::move(gauge));
    if (place.epoch) standing.push_back({"epoch", {}, *place.epoch});
  }

  std::map<std::int64_t, std::vector<Stepped>> by_step;
  for (auto& [series, told] : stepped) {
    const std::int64_t highest = std::ranges::max(told, {}, [](const auto& entry) { return entry.first; }).first;
    const auto known = last_steps_.find(series);
    const bool back = known != last_steps_.end() && highest < known->second;
    for (auto& [step, point] : told) {
      if (known == last_steps_.end() || back || step > known->second) by_step[step].push_back(std::move(point));
    }
    if (known != last_steps_.end()) {
      known->second = highest;
    } else if (last_steps_.size() < kMostSeries) {
      last_steps_.emplace(series, highest);
    }
  }

  std::vector<core::Sample> samples;
  for (auto& [step, told] : by_step) {
    std::vector<records::Gauge> snapshot;
    std::uint64_t time = 0;
    for (Stepped& point : told) {
      if (point.epoch) snapshot.push_back({"epoch", {}, *point.epoch});
      snapshot.push_back(std::move(point.gauge));
      time = std::max(time, point.time);
    }
    // What has no step of its own (a learning rate) stands beside each.
    for (const records::Gauge& gauge : standing) {
      if (records::MeaningOf(gauge.name).role != records::Role::kLoss) snapshot.push_back(gauge);
    }
    const std::size_t before = samples.size();
    for (core::Sample& sample : gauges_.ReadAll(snapshot)) {
      sample.step = step;
      samples.push_back(std::move(sample));
    }
    Stamp(samples, before, time);
  }
  const std::size_t before = samples.size();
  for (core::Sample& sample : gauges_.Read(standing)) samples.push_back(std::move(sample));
  Stamp(samples, before, latest);
  return samples;
}

}  // namespace lossd::push
