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

std::optional<std::int64_t> RankOf(const OtlpAttributes& attributes) {
  for (const std::string_view name : {"rank", "global_rank"}) {
    const std::string* const text = FindAttribute(attributes, name);
    std::int64_t rank = 0;
    if (text != nullptr && std::from_chars(text->data(), text->data() + text->size(), rank).ec == std::errc())
      return rank;
  }
  return std::nullopt;
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
  for (auto& [series, values] : stepped) {
    const std::int64_t highest = std::ranges::max(values, {}, [](const auto& entry) { return entry.first; }).first;
    const auto known = last_steps_.find(series);
    const bool back = known != last_steps_.end() && highest < known->second;
    for (auto& [step, point] : values) {
      if (known == last_steps_.end() || back || step > known->second) by_step[step].push_back(std::move(point));
    }
    if (known != last_steps_.end()) {
      known->second = highest;
    } else if (last_steps_.size() < kMostSeries) {
      last_steps_.emplace(series, highest);
    }
  }

  std::vector<core::Sample> samples;
  for (auto& [step, beside] : by_step) {
    std::vector<records::Gauge> snapshot;
    std::uint64_t time = 0;
    for (Stepped& point : beside) {
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

std::vector<core::Sample> ServiceReader::Read(const OtlpResource& resource) {
  if (const auto rank = RankOf(resource.attributes)) {
    if (rank_ && *rank > *rank_) return {};
    rank_ = rank;
  }
  return Read(resource.points);
}

void ServiceReader::Save(core::StateWriter& out) const {
  out.Bool(rank_.has_value());
  out.I64(rank_.value_or(0));
  out.U64(totals_.size());
  for (const auto& [series, totals] : totals_) {
    out.String(series);
    out.F64(totals.sum);
    out.U64(totals.count);
  }
  out.U64(sums_.size());
  for (const auto& [series, sum] : sums_) {
    out.String(series);
    out.F64(sum);
  }
  out.U64(last_steps_.size());
  for (const auto& [series, step] : last_steps_) {
    out.String(series);
    out.I64(step);
  }
  out.String(gauges_.Save());
}

bool ServiceReader::Load(core::StateReader& in) {
  *this = ServiceReader();
  const bool ranked = in.Bool();
  const std::int64_t rank = in.I64();
  if (ranked) rank_ = rank;
  for (std::uint64_t left = in.U64(); left > 0 && in.ok(); --left) {
    Totals& totals = totals_[in.String()];
    totals.sum = in.F64();
    totals.count = in.U64();
  }
  for (std::uint64_t left = in.U64(); left > 0 && in.ok(); --left) {
    double& sum = sums_[in.String()];
    sum = in.F64();
  }
  for (std::uint64_t left = in.U64(); left > 0 && in.ok(); --left) {
    std::int64_t& step = last_steps_[in.String()];
    step = in.I64();
  }
  gauges_.Load(in.String());
  if (in.ok()) return true;
  *this = ServiceReader();
  return false;
}

}  // namespace lossd::push
