// Saving and loading of SeriesTracker.
#include "core/series_tracker.h"
#include "core/state_codec.h"

namespace lossd::core {
namespace {

template <std::size_t kSize>
void SaveCounts(StateWriter& out, const std::array<std::uint64_t, kSize>& counts) {
  for (const std::uint64_t count : counts) out.U64(count);
}
template <std::size_t kSize>
void LoadCounts(StateReader& in, std::array<std::uint64_t, kSize>& counts) {
  for (std::uint64_t& count : counts) count = in.U64();
}

void SaveTime(StateWriter& out, Timestamp time) { out.I64(time.time_since_epoch().count()); }
Timestamp LoadTime(StateReader& in) { return Timestamp(std::chrono::nanoseconds(in.Moment())); }

}  // namespace

void SeriesTracker::SaveDynamics(StateWriter& out) const {
  out.U64(static_cast<std::uint64_t>(direction_));
  out.U64(default_window_);
  out.U64(windows_.size());
  for (const WindowRegression& window : windows_) out.U64(window.window());
  losses_.Save(out, windows_.back().window());
  steps_.Save(out, windows_.back().window());
  trend_.Save(out);
  classifier_.Save(out);
  out.Bool(last_finite_);
  out.U64(rising_run_);
  for (const auto* value : {&last_, &best_, &gap_}) out.Optional(*value);
  for (const auto* step : {&first_step_, &last_step_, &global_step_, &nonfinite_step_, &trouble_step_, &best_step_})
    out.Optional(*step);
  SaveCounts(out, std::array{samples_, outliers_, spikes_, restarts_});
  SaveCounts(out, nonfinite_);
  SaveCounts(out, transitions_);
  SaveCounts(out, regime_samples_);
}

void SeriesTracker::Save(StateWriter& out, Instant now) const {
  SaveDynamics(out);
  rhythm_.Save(out, now.steady);
  out.Bool(stalled_);
  SaveTime(out, regime_start_);
  SaveTime(out, last_sample_);
  out.I64((now.steady - last_steady_).count());
  out.I64(stalled_after_.count());
}

SeriesTracker::Loaded SeriesTracker::Load(StateReader& in, Instant now) {
  const SeriesTracker fresh = *this;
  const Loaded loaded = LoadFields(in, now);
  if (loaded == Loaded::kUnfit) in.Fail();
  if (loaded != Loaded::kAll) *this = fresh;
  return loaded;
}

SeriesTracker::Loaded SeriesTracker::LoadFields(StateReader& in, Instant now) {
  const std::uint64_t direction = in.U64();
  if (direction > static_cast<std::uint64_t>(Direction::kHigherIsBetter)) return Loaded::kUnfit;
  if (in.U64() != default_window_ || in.U64() != windows_.size()) return Loaded::kUnfit;
  for (const WindowRegression& window : windows_) {
    if (in.U64() != window.window()) return Loaded::kUnfit;
  }
  if (!losses_.Load(in) || !steps_.Load(in)) return Loaded::kUnfit;
  if (steps_.size() < std::min(losses_.size(), windows_.back().window())) return Loaded::kUnfit;
  windows_behind_ = true;
  if (!trend_.Load(in) || !classifier_.Load(in)) return Loaded::kUnfit;
  last_finite_ = in.Bool();
  rising_run_ = in.U64();
  for (auto* value : {&last_, &best_, &gap_}) in.Optional(*value);
  for (auto* step : {&first_step_, &last_step_, &global_step_, &nonfinite_step_, &trouble_step_, &best_step_})
    in.Optional(*step);
  for (std::uint64_t* count : {&samples_, &outliers_, &spikes_, &restarts_}) *count = in.U64();
  LoadCounts(in, nonfinite_);
  LoadCounts(in, transitions_);
  LoadCounts(in, regime_samples_);
  if (!rhythm_.Load(in, now.steady)) return Loaded::kUnfit;
  stalled_ = in.Bool();
  regime_start_ = LoadTime(in);
  last_sample_ = LoadTime(in);
  last_steady_ = now.steady - std::chrono::nanoseconds(in.Span());
  stalled_after_ = std::chrono::nanoseconds(in.Span());
  // A series with no sample has nothing to be silent about.
  const bool silent_about_nothing = samples_ == 0 && SilenceTimeout();
  if (!in.ok() || last_.has_value() != (samples_ > 0) || silent_about_nothing) return Loaded::kUnfit;
  return direction == static_cast<std::uint64_t>(direction_) ? Loaded::kAll : Loaded::kOtherDirection;
}

}  // namespace lossd::core
