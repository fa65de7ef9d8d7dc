// What the trackers cost, and whether 1e8 updates leave the sums where a fresh regression puts them.
// Usage: dynamics_bench [UPDATES]
#include <malloc.h>

#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <vector>

#include "core/dynamics_tracker.h"
#include "core/job_table.h"
#include "core/reference_regression.h"
#include "core/series_tracker.h"
#include "core/state_codec.h"

namespace {

using lossd::core::DynamicsTracker;

/// CPU time of this process: the same figures on a busy machine.
struct Clock {
  using time_point = std::clock_t;
  static time_point now() { return std::clock(); }
};

/// xorshift64*: cheap beside an update, the same on every machine. Roughly normal with unit variance.
class Noise {
 public:
  double Next() { return (Uniform() + Uniform() + Uniform() + Uniform() - 2) * std::sqrt(3.0); }

 private:
  double Uniform() {
    state_ ^= state_ >> 12;
    state_ ^= state_ << 25;
    state_ ^= state_ >> 27;
    return static_cast<double>((state_ * 0x2545F4914F6CDD1DULL) >> 11) * 0x1p-53;
  }
  std::uint64_t state_ = 88172645463325252ULL;
};

double NanosecondsEach(Clock::time_point start, std::uint64_t count) {
  return 1e9 / CLOCKS_PER_SEC * static_cast<double>(Clock::now() - start) / static_cast<double>(count);
}

void MeasureDrift(std::size_t window, std::uint64_t updates) {
  constexpr std::size_t kBlock = 1 << 16;
  std::vector<double> losses(kBlock);
  Noise noise;
  DynamicsTracker tracker(window);
  double checksum = 0;
  double nanoseconds = 0;
  std::uint64_t done = 0;
  while (done < updates) {
    for (double& loss : losses) loss = 1e6 + noise.Next() - 1e-6 * static_cast<double>(done++);
    const auto start = Clock::now();
    for (const double loss : losses) checksum += tracker.update(loss).velocity;
    nanoseconds += NanosecondsEach(start, 1);
  }
  const auto result = tracker.dynamics();
  const auto reference = lossd::core::FitReference(losses, window);
  const auto error = [&](double value, long double truth) {
    return static_cast<double>(std::abs(value - truth));  // the noise has unit deviation
  };
  std::printf("window %4zu: %llu updates, %5.1f ns/update, error/noise: velocity %.1e, acceleration %.1e (sum %g)\n",
              window, static_cast<unsigned long long>(done), nanoseconds / static_cast<double>(done),
              error(result.velocity, reference.velocity), error(result.acceleration, reference.acceleration), checksum);
}

/// A falling, noisy loss with steps, as a log gives it.
lossd::core::Sample MakeSample(Noise& noise, std::int64_t step) {
  lossd::core::Sample sample;
  sample.step = step;
  sample.value = 2 + 8 / std::sqrt(1 + static_cast<double>(step) / 100) + 0.05 * noise.Next();
  return sample;
}

void MeasureSeries(std::uint64_t samples) {
  Noise noise;
  std::vector<lossd::core::Sample> log;
  for (std::uint64_t i = 0; i < samples; ++i) log.push_back(MakeSample(noise, static_cast<std::int64_t>(i)));
  lossd::core::Instant now;

  lossd::core::RegimeClassifier classifier;
  auto start = Clock::now();
  for (const auto& sample : log) classifier.Update({sample.value, sample.step, {}, {}});
  const double classifying = NanosecondsEach(start, samples);

  for (const auto origin : {lossd::core::Origin::kCatchUp, lossd::core::Origin::kLive}) {
    lossd::core::SeriesTracker series{{}};
    std::uint64_t events = 0;
    start = Clock::now();
    for (const auto& sample : log) {
      now.steady += std::chrono::milliseconds(900 + *sample.step % 200);
      events += series.Update(sample, now, origin).size();
    }
    const double whole = NanosecondsEach(start, samples);
    std::printf("series %s: %.0f ns/sample, of which the classifier %.0f (%llu events)\n",
                origin == lossd::core::Origin::kLive ? "live    " : "catch-up", whole, classifying,
                static_cast<unsigned long long>(events));
  }

  lossd::core::JobTable table({}, {});
  start = Clock::now();
  for (const auto& sample : log) table.Add("llama-7b", {}, sample, now, lossd::core::Origin::kCatchUp);
  std::printf("job table:       %.0f ns/sample\n", NanosecondsEach(start, samples));
}

void MeasureTick(std::size_t jobs) {
  const std::size_t heap = mallinfo2().uordblks;
  lossd::core::JobTable table({}, {});
  lossd::core::Instant now;
  for (int round = 0; round < 5; ++round) {
    now.steady += std::chrono::seconds(10);
    for (std::size_t job = 0; job < jobs; ++job) table.Add("job-" + std::to_string(job), {}, {}, now);
  }
  std::printf("memory: %zu bytes/job of one series\n", (mallinfo2().uordblks - heap) / jobs);
  for (const int silence : {1, 119, 60}) {
    now.steady += std::chrono::seconds(silence);
    const auto start = Clock::now();
    const std::size_t stalls = table.Tick(now).stalls.size();
    std::printf("tick of %zu jobs: %.2f ms, %zu stalls\n", jobs, NanosecondsEach(start, 1) / 1e6, stalls);
  }
  lossd::core::StateWriter state;
  const auto start = Clock::now();
  table.Save(state, now);
  std::printf("saved state: %.0f bytes/series in %.0f ms\n",
              static_cast<double>(state.bytes().size()) / static_cast<double>(jobs), NanosecondsEach(start, 1) / 1e6);
}

}  // namespace

int main(int argc, char** argv) {
  const std::uint64_t updates = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 100'000'000;
  for (const std::size_t window : {2, 30, 100, 1000}) MeasureDrift(window, updates);
  MeasureSeries(1'000'000);
  MeasureTick(10'000);
  std::printf("series object: %zu bytes, of which the classifier %zu\n", sizeof(lossd::core::SeriesTracker),
              sizeof(lossd::core::RegimeClassifier));
}
