#include "records/gauge_reader.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <limits>
#include <set>

#include "records/record.h"

namespace lossd::records {
namespace {

/// As many series as a job may have at most are worth remembering.
constexpr std::size_t kMostSeries = 256;

constexpr bool IsJoint(char c) { return c == '_' || c == '.' || c == '/' || c == ':' || c == '-'; }

bool IsOwn(std::string_view name, const ReaderOptions& options) {
  const auto own = [&](const std::string& key) { return !key.empty() && key == name; };
  return own(options.loss_key) || own(options.eval_loss_key) || own(options.step_key) || own(options.epoch_key) ||
         own(options.learning_rate_key) || own(options.gradient_norm_key) ||
         std::ranges::any_of(options.metric_keys, own);
}

/// Prometheus ends the name of a counter so.
std::string_view WithoutTotal(std::string_view name) {
  constexpr std::string_view kTotal = "_total";
  if (name.size() > kTotal.size() && name.ends_with(kTotal) &&
      MeaningOf(name.substr(0, name.size() - kTotal.size())).role == Role::kStep) {
    name.remove_suffix(kTotal.size());
  }
  return name;
}

/// The meaning of the name behind each of its joints: `a_b_loss`, `b_loss`, `loss`.
template <typename Visit>
void ForEachTail(std::string_view name, Visit visit) {
  for (std::size_t at = 1; at + 1 < name.size(); ++at) {
    if (IsJoint(name[at])) visit(name.substr(0, at + 1), name.substr(at + 1));
  }
}

/// The longest words that stand before both a loss and another number of the training, with their joint.
std::string_view Namespace(const std::vector<Gauge>& snapshot) {
  std::set<std::string_view> losses, others;
  for (const Gauge& gauge : snapshot) {
    ForEachTail(gauge.name, [&](std::string_view head, std::string_view tail) {
      const Meaning meaning = MeaningOf(WithoutTotal(tail));
      if (meaning.role == Role::kLoss && meaning.loss != LossKind::kComponent) losses.insert(head);
      if (meaning.role != Role::kLoss && meaning.role != Role::kOther) others.insert(head);
    });
  }
  std::string_view longest;
  for (const std::string_view head : losses) {
    if (head.size() > longest.size() && others.contains(head) &&
        PhaseOf(head.substr(0, head.size() - 1)) == Phase::kUnsaid)
      longest = head;
  }
  return longest;
}

std::optional<std::int64_t> RankOf(const Gauge& gauge) {
  for (const auto& [name, value] : gauge.labels) {
    if (name != "rank" && name != "global_rank") continue;
    std::int64_t rank = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), rank);
    if (error == std::errc() && end == value.data() + value.size()) return rank;
  }
  return std::nullopt;
}

bool Same(double a, double b) { return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b); }

/// The fields of a snapshot under the names that Interpret is to read.
class Naming {
 public:
  Naming(const std::vector<Gauge>& snapshot, const ReaderOptions& options)
      : options_(options), namespace_(Namespace(snapshot)) {
    for (const Gauge& gauge : snapshot) {
      if (const auto rank = RankOf(gauge)) lowest_rank_ = std::min(*rank, lowest_rank_.value_or(*rank));
      for (const auto& [name, value] : gauge.labels) {
        auto& values = values_[gauge.name][name];
        if (values.size() < 2) values.insert(value);
      }
    }
  }

  bool Follows(const Gauge& gauge) const {
    const auto rank = RankOf(gauge);
    return !rank || rank == lowest_rank_;
  }

  std::string NameOf(const Gauge& gauge, Phase& phase) const {
    std::string name(gauge.name);
    if (!IsOwn(name, options_)) {
      std::string_view rest = gauge.name;
      if (!namespace_.empty() && rest.starts_with(namespace_)) rest.remove_prefix(namespace_.size());
      name = WithoutTotal(rest);
    }
    for (const auto& [label, value] : gauge.labels) {
      if (IsPhaseOnly(value)) {
        phase = PhaseOf(value);
      } else if (label != "rank" && label != "global_rank" && values_.at(gauge.name).at(label).size() > 1) {
        name += '_' + value;
      }
    }
    return name;
  }

 private:
  const ReaderOptions& options_;
  std::string_view namespace_;
  std::optional<std::int64_t> lowest_rank_;
  std::map<std::string, std::map<std::string, std::set<std::string>>, std::less<>> values_;  ///< two of each label
};

}  // namespace

bool MayTell(std::string_view name, const ReaderOptions& options) {
  bool may = IsOwn(name, options) || MeaningOf(WithoutTotal(name)).role != Role::kOther;
  ForEachTail(name, [&](std::string_view, std::string_view tail) {
    may = may || MeaningOf(WithoutTotal(tail)).role != Role::kOther;
  });
  return may;
}

std::vector<core::Sample> GaugeReader::Losses(const std::vector<Gauge>& snapshot) const {
  const Naming naming(snapshot, options_);
  std::vector<std::string> names;
  names.reserve(snapshot.size());  // fields point into it
  Fields fields;
  fields.structure = Structure::kJson;
  for (const Gauge& gauge : snapshot) {
    if (!naming.Follows(gauge)) continue;
    Field field;
    field.name = names.emplace_back(naming.NameOf(gauge, field.phase));
    field.number.value = gauge.value;
    field.number.integral = gauge.value == std::floor(gauge.value);
    field.joint = ':';
    fields.all.push_back(field);
  }
  Record record;
  Interpret({}, fields, options_, record);
  std::vector<core::Sample> samples;
  std::set<std::string_view> seen;
  for (std::size_t i = 0; i < record.loss_count(); ++i) {
    // Two gauges may come to one name; the first counts.
    if (!seen.insert(record.loss(i).series).second) continue;
    core::Sample sample;
    sample.loss = record.loss(i).series;
    sample.value = record.loss(i).value;
    sample.step = record.step;
    sample.epoch = record.epoch;
    sample.learning_rate = record.learning_rate;
    sample.gradient_norm = record.gradient_norm;
    if (!sample.step && record.epoch && record.whole_epoch) sample.step = static_cast<std::int64_t>(*record.epoch);
    // Hugging Face's Trainer filters NaN losses out of its average and logs 0.0; the gradient norm still tells.
    if (sample.value == 0 && record.gradient_norm && !std::isfinite(*record.gradient_norm))
      sample.value = std::numeric_limits<double>::quiet_NaN();
    samples.push_back(std::move(sample));
  }
  return samples;
}

std::vector<core::Sample> GaugeReader::Read(const std::vector<Gauge>& snapshot) {
  std::vector<core::Sample> samples = Losses(snapshot);
  std::erase_if(samples, [this](const core::Sample& sample) { return !IsNew(sample); });
  return samples;
}

std::vector<core::Sample> GaugeReader::ReadAll(const std::vector<Gauge>& snapshot) {
  std::vector<core::Sample> samples = Losses(snapshot);
  for (const core::Sample& sample : samples) Remember(sample);
  return samples;
}

void GaugeReader::Remember(const core::Sample& sample) {
  if (const auto known = last_.find(sample.loss); known != last_.end()) {
    known->second = {sample.step, sample.value};
  } else if (last_.size() < kMostSeries) {
    last_.emplace(sample.loss, Last{sample.step, sample.value});
  }
}

std::string GaugeReader::Save() const {
  std::string saved;
  for (const auto& [series, last] : last_) {
    char number[64];
    saved += (last.step ? std::to_string(*last.step) : "-") + ' ';
    saved.append(number, std::to_chars(number, number + sizeof(number), std::bit_cast<std::uint64_t>(last.value)).ptr);
    saved += ' ' + series + '\n';
  }
  return saved;
}

void GaugeReader::Load(std::string_view saved) {
  while (!saved.empty()) {
    const std::string_view line = saved.substr(0, saved.find('\n'));
    saved.remove_prefix(std::min(line.size() + 1, saved.size()));
    const std::size_t first = line.find(' '), second = line.find(' ', first + 1);
    if (first == std::string_view::npos || second == std::string_view::npos) continue;
    Last last;
    std::int64_t step = 0;
    std::uint64_t bits = 0;
    if (std::from_chars(line.data(), line.data() + first, step).ec == std::errc()) last.step = step;
    if (std::from_chars(line.data() + first + 1, line.data() + second, bits).ec != std::errc()) continue;
    last.value = std::bit_cast<double>(bits);
    if (last_.size() < kMostSeries) last_[std::string(line.substr(second + 1))] = last;
  }
}

bool GaugeReader::IsNew(const core::Sample& sample) {
  const auto known = last_.find(sample.loss);
  bool news = true;
  if (known != last_.end()) {
    const bool changed = !Same(known->second.value, sample.value);
    const bool moved = known->second.step != sample.step;
    // That a loss is no number any more is news whatever the step says.
    const bool broke = changed && !std::isfinite(sample.value);
    news = broke || (sample.step ? moved && (changed || sample.loss == core::kTrainSeries) : changed);
  }
  if (news) Remember(sample);
  return news;
}

}  // namespace lossd::records
