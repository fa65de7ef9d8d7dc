// One of the paths on which most of the work is done, so many times and nothing else: for counting instructions
// (hot_paths_test.py) and for profilers. What is to be counted is done in the functions whose names begin with Counted.
//
//   hot_paths NAME COUNT     at least COUNT lines or samples of that path, and prints how many; without arguments: the
//                            names
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "core/job_table.h"
#include "export/metrics_page.h"
#include "readers/log_stream.h"
#include "support/parse_samples.h"

namespace {

using lossd::core::JobTable;
using lossd::core::Sample;

constexpr const char* kWords[] = {"kavoor", "losha", "mipebel", "tendunna", "raixqui", "kapeus", "lodunor"};

double Loss(std::uint64_t step) {
  const auto noise = static_cast<double>(step * 2654435761 % 1000);
  return 2.5 + 8.0 / (1 + static_cast<double>(step) / 1000) + (noise - 500) / 5000;
}

template <class... Values>
void Append(std::string& out, const char* form, Values... values) {
  char line[256];
  const int length = std::snprintf(line, sizeof line, form, values...);
  out.append(line, static_cast<std::size_t>(length));
}

const char* Word(std::uint64_t step) { return kWords[step % std::size(kWords)]; }

void SameWords(std::string& out, std::uint64_t i) {
  Append(out, "iter %d: loss %.4f, time %.2fms, mfu %.2f%%\n", static_cast<int>(i), Loss(i),
         130 + static_cast<double>(i % 17) / 10, 41 + static_cast<double>(i % 7) / 10);
}

void VariedWord(std::string& out, std::uint64_t i) {
  Append(out, "step %d loss %.4f lr 0.0003 host %s%s\n", static_cast<int>(i), Loss(i), Word(i), Word(i / 7));
}

void WithoutLoss(std::string& out, std::uint64_t i) {
  Append(out, "2026-01-01 10:%02d:%02d,%03d - data - INFO - Loaded shard %d of %s with %d records in %.1fs from %s\n",
         static_cast<int>(i / 60 % 60), static_cast<int>(i % 60), static_cast<int>(i % 1000), static_cast<int>(i),
         Word(i), static_cast<int>(i * 7 % 10007), static_cast<double>(i % 97) / 10, Word(i / 7));
}

void OneInHundred(std::string& out, std::uint64_t i) {
  if (i % 100 == 0) return SameWords(out, i);
  WithoutLoss(out, i);
}

void PythonDict(std::string& out, std::uint64_t i) {
  Append(out, "{'loss': %.4f, 'grad_norm': %.3f, 'learning_rate': 5e-05, 'epoch': %.2f}\n", Loss(i),
         1 + static_cast<double>(i % 10) / 100, static_cast<double>(i) / 1000);
}

void JsonLine(std::string& out, std::uint64_t i) {
  Append(out, "{\"step\": %d, \"loss\": %.4f, \"lr\": 0.0003, \"tokens\": %d}\n", static_cast<int>(i), Loss(i),
         static_cast<int>(i % 4096));
}

void CsvRow(std::string& out, std::uint64_t i) {
  if (i == 0) out += "step,loss,lr\n";
  Append(out, "%d,%.4f,0.0003\n", static_cast<int>(i), Loss(i));
}

/// The lines of a log, read and followed.
std::uint64_t Read(std::string_view text) {
  lossd::readers::LogStream log("train.log", {}, 1 << 16);
  JobTable jobs({}, {});
  std::uint64_t samples = 0;
  const auto take = [&](const lossd::readers::Reader::Entry& entry) {
    for (const Sample& sample : entry.result.samples) {
      jobs.Add("job", {}, sample, {}, lossd::core::Origin::kCatchUp);
      ++samples;
    }
  };
  constexpr std::size_t kPiece = 1 << 16;
  for (std::size_t at = 0; at < text.size(); at += kPiece) {
    log.Push(text.substr(at, kPiece));
    while (const auto entry = log.Next()) take(entry);
  }
  while (const auto entry = log.Finish()) take(entry);
  return samples;
}

// With nothing inside whose name has its own in it, as lambdas have: valgrind would stop counting there.
[[gnu::noinline]] std::uint64_t CountedRead(std::string_view text) { return Read(text); }

/// Nothing is done where not just so many lines of a hundred give a sample.
template <void (*AppendLine)(std::string&, std::uint64_t), std::uint64_t kSamplesInHundred = 100>
std::uint64_t ReadLines(std::uint64_t count) {
  std::string text;
  for (std::uint64_t i = 0; i < count; ++i) AppendLine(text, i);
  return CountedRead(text) == (count * kSamplesInHundred + 99) / 100 ? count : 0;
}

[[gnu::noinline]] std::uint64_t CountedTake(const lossd::core::Labels& labels, std::uint64_t count) {
  JobTable jobs({}, {});
  lossd::core::Instant now;
  Sample sample;
  for (std::uint64_t i = 0; i < count; ++i) {
    sample.step = static_cast<std::int64_t>(i);
    sample.value = Loss(i);
    now.steady += std::chrono::milliseconds(900 + i % 200);
    jobs.Add("llama-7b", labels, sample, now);
  }
  return count;
}

std::uint64_t TakeSamples(std::uint64_t count) { return CountedTake({}, count); }

std::uint64_t TakeLabelledSamples(std::uint64_t count) {
  return CountedTake({{"cluster", "west"}, {"team", "vision"}}, count);
}

[[gnu::noinline]] std::uint64_t CountedParse(std::string_view body) {
  return lossd::push::ParseSamples(body).accepted.size();
}

std::uint64_t ParseBodies(std::uint64_t count) {
  std::string body;
  for (std::uint64_t i = 0; i < count; ++i)
    Append(body, "{\"training_job\":\"llama-7b\",\"step\":%d,\"loss\":%.4f}\n", static_cast<int>(i), Loss(i));
  return CountedParse(body);
}

/// Pages in pieces; the bytes of all.
[[gnu::noinline]] std::uint64_t CountedRender(const JobTable& jobs, std::uint64_t pages) {
  std::uint64_t bytes = 0;
  std::string piece;
  for (std::uint64_t i = 0; i < pages; ++i) {
    lossd::exporter::PagePieces page(jobs, {}, lossd::exporter::TextFormat::kPrometheus);
    for (bool more = true; more; bytes += piece.size()) {
      piece.clear();
      more = page.Next(piece);
    }
  }
  return bytes;
}

/// As many whole pages as have at least so many lines.
std::uint64_t RenderLines(std::uint64_t count) {
  constexpr int kJobs = 12, kSamples = 120;
  JobTable jobs({}, {});
  lossd::core::Instant now;
  for (int job = 0; job < kJobs; ++job) {
    const std::string name = "training-run-" + std::to_string(job);
    for (int i = 0; i < kSamples; ++i) {
      Sample sample;
      sample.step = 10 * i;
      sample.value = Loss(static_cast<std::uint64_t>(i + job));
      now.steady += std::chrono::seconds(1);
      jobs.Add(name, {{"cluster", "west"}}, sample, now);
    }
  }
  const std::string page = RenderMetrics(jobs, {}, lossd::exporter::TextFormat::kPrometheus);
  const auto lines = static_cast<std::uint64_t>(std::ranges::count(page, '\n'));
  const std::uint64_t pages = (count + lines - 1) / lines;
  return CountedRender(jobs, pages) == 0 ? 0 : pages * lines;
}

constexpr struct {
  std::string_view name;
  std::uint64_t (*run)(std::uint64_t count);
} kPaths[] = {
    {"line, same words", ReadLines<SameWords>},
    {"line, one word varies", ReadLines<VariedWord>},
    {"line without a loss", ReadLines<WithoutLoss, 0>},
    {"line, a loss in a hundred", ReadLines<OneInHundred, 1>},
    {"line, Python dictionary", ReadLines<PythonDict>},
    {"line, JSON", ReadLines<JsonLine>},
    {"line, CSV", ReadLines<CsvRow>},
    {"sample", TakeSamples},
    {"sample with labels", TakeLabelledSamples},
    {"sample posted as JSON", ParseBodies},
    {"line of the page", RenderLines},
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    for (const auto& path : kPaths) std::printf("%s\n", path.name.data());
    return argc == 1 ? 0 : 2;
  }
  for (const auto& path : kPaths) {
    if (path.name != argv[1]) continue;
    const std::uint64_t done = path.run(std::strtoull(argv[2], nullptr, 10));
    std::printf("%llu\n", static_cast<unsigned long long>(done));
    return done == 0 ? 1 : 0;
  }
  std::fprintf(stderr, "hot_paths: no path '%s'\n", argv[1]);
  return 2;
}
