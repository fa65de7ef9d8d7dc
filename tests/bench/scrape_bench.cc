// Rendering one scrape: our page beside prometheus-cpp's serializer on the same series, and the gzip that may follow.
// Seconds of CPU.
//
//   scrape_bench [JOBS]     of one series each, some 60 lines of the page; 20,000 by default

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <sstream>
#include <string>
#include <vector>

#include "core/job_table.h"
#include "export/metrics_page.h"
#include "http/content_coding.h"

namespace {

/// Processor time of this one thread: the same on a busy machine as on an idle one.
double Now() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

constexpr int kRounds = 5;
constexpr int kSamples = 120;

/// The fastest of some rounds of `work`, in seconds.
template <typename Work>
double Fastest(Work work) {
  double best = 1e9;
  for (int round = 0; round < kRounds; ++round) {
    const double start = Now();
    work();
    best = std::min(best, Now() - start);
  }
  return best;
}

void AddJob(lossd::core::JobTable& jobs, int number) {
  const std::string name = "training-run-" + std::to_string(number);
  lossd::core::Instant now;
  for (int i = 0; i < kSamples; ++i) {
    lossd::core::Sample sample;
    sample.value = 4.0 / (1 + 0.01 * i) + 0.001 * ((i * 7919 + number) % 101);
    sample.step = 10 * i;
    sample.learning_rate = 3e-4;
    now.steady += std::chrono::seconds(1);
    now.wall += std::chrono::seconds(1);
    jobs.Add(name, {{"cluster", "west"}}, sample, now);
  }
}

/// The series of a page in prometheus-cpp's structures. The page is ours: no escapes but those of AddJob's names
/// (none).
std::vector<prometheus::MetricFamily> Parse(const std::string& page) {
  std::vector<prometheus::MetricFamily> families;
  std::istringstream lines(page);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("# HELP ")) {
      auto& family = families.emplace_back();
      family.name = line.substr(7, line.find(' ', 7) - 7);
      family.help = line.substr(line.find(' ', 7) + 1);
    } else if (line.starts_with("# TYPE ")) {
      families.back().type =
          line.ends_with("counter") ? prometheus::MetricType::Counter : prometheus::MetricType::Gauge;
    } else {
      auto& sample = families.back().metric.emplace_back();
      std::size_t at = line.find('{');
      while (at != std::string::npos && line[at] != '}') {
        const std::size_t equals = line.find('=', at), end = line.find('"', equals + 2);
        sample.label.push_back({line.substr(at + 1, equals - at - 1), line.substr(equals + 2, end - equals - 2)});
        at = end + 1;
      }
      sample.gauge.value = sample.counter.value = std::strtod(line.c_str() + line.rfind(' '), nullptr);
    }
  }
  return families;
}

std::size_t CountSeries(const std::string& page) {
  std::size_t count = 0;
  for (std::size_t at = 0; at < page.size(); at = page.find('\n', at) + 1) count += page[at] != '#';
  return count;
}

}  // namespace

int main(int argc, char** argv) {
  const int wanted = argc > 1 ? std::atoi(argv[1]) : 20'000;
  lossd::core::JobLimits limits;
  limits.max_jobs = limits.max_series = static_cast<std::size_t>(wanted);
  lossd::core::JobTable jobs(lossd::core::TrackerOptions{}, limits);
  const auto render = [&](lossd::exporter::TextFormat format) { return RenderMetrics(jobs, {}, format); };

  for (int i = 0; i < wanted; ++i) AddJob(jobs, i);

  std::string page;
  const double ours = Fastest([&] { page = render(lossd::exporter::TextFormat::kPrometheus); });
  const double open = Fastest([&] { page = render(lossd::exporter::TextFormat::kOpenMetrics); });
  page = render(lossd::exporter::TextFormat::kPrometheus);
  const std::size_t series = CountSeries(page);
  std::printf("series                      %10zu of %zu jobs, %.1f MB\n", series, jobs.jobs().size(),
              static_cast<double>(page.size()) / 1e6);
  std::printf("page, Prometheus text       %10.3f s  %6.0f ns per series\n", ours,
              1e9 * ours / static_cast<double>(series));
  std::printf("page, OpenMetrics           %10.3f s\n", open);
  const double in_pieces = Fastest([&] {
    lossd::exporter::PagePieces pieces(jobs, {}, lossd::exporter::TextFormat::kPrometheus);
    std::string piece;
    while (pieces.Next(piece)) piece.clear();
  });
  std::printf("page, in pieces             %10.3f s  %6.0f ns per series\n", in_pieces,
              1e9 * in_pieces / static_cast<double>(series));

  std::size_t packed = 0;
  const double gzip = Fastest([&] { packed = lossd::http::Gzip(page).size(); });
  std::printf("gzip of the page            %10.3f s  to %.1f MB\n", gzip, static_cast<double>(packed) / 1e6);

  const std::vector<prometheus::MetricFamily> families = Parse(page);
  const double theirs = Fastest([&] {
    std::ostringstream out;
    prometheus::TextSerializer().Serialize(out, families);
  });
  std::printf(
      "prometheus-cpp, text alone  %10.3f s  %6.1f times ours (which looks the series up, too), %.1f times it in "
      "pieces\n",
      theirs, theirs / ours, theirs / in_pieces);
}
