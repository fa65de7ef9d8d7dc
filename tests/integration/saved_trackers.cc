// Prints the trackers in a state file, or of jobs as JobTable::SaveJob has them, each behind its length, to the bit,
// but for what depends on when the samples came: two daemons that took the same samples print the same.
#include <bit>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <optional>
#include <string>

#include "config/config.h"
#include "core/job_table.h"
#include "core/state_codec.h"
#include "state/saved_state.h"
#include "state/state_file.h"

namespace {

using namespace lossd;

std::string Hex(std::string_view bytes) {
  std::string text;
  for (const char byte : bytes) {
    char digits[3];
    std::snprintf(digits, sizeof digits, "%02x", static_cast<unsigned char>(byte));
    text += digits;
  }
  return text;
}

std::string Bits(const std::optional<double>& value) {
  return value ? std::to_string(std::bit_cast<std::uint64_t>(*value)) : "-";
}

void Print(const core::Job& job) {
  std::cout << job.name << " step " << (job.step ? std::to_string(*job.step) : "-") << " epoch " << Bits(job.epoch)
            << " lr " << Bits(job.learning_rate) << " norm " << Bits(job.gradient_norm)
            << (job.finished() ? " finished" : "") << '\n';
  for (const auto& [name, value] : job.labels) std::cout << "  label " << name << '=' << value << '\n';
  for (const auto& [loss, series] : job.series) {
    core::StateWriter out;
    series.SaveDynamics(out);
    std::cout << "  " << loss << " samples " << series.Snapshot().samples << " state " << Hex(out.Take()) << '\n';
  }
}

int PrintJobs(const char* path) {
  std::ifstream file(path, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  const config::Config config;
  core::JobTable jobs(config.tracker, config.jobs, config::MakeClassifierRule(config.series));
  for (core::StateReader in(bytes); !in.at_end();) {
    const std::string job = in.String();
    core::StateReader one(job);
    // Without a sample there is no tracker.
    if (!job.empty() && !jobs.LoadJob(one, core::Instant{})) {
      std::cerr << "a job does not fit the default configuration\n";
      return 1;
    }
  }
  for (const auto& [name, job] : jobs.jobs()) Print(job);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 3 && argv[1] == std::string_view("--jobs")) return PrintJobs(argv[2]);
  if (argc != 2) {
    std::cerr << "usage: saved_trackers STORAGE_PATH | --jobs FILE\n";
    return 2;
  }
  state::PosixStateDisk disk;
  state::StateFile file(disk, argv[1]);
  const state::LoadedState loaded = file.Load();
  if (loaded.outcome != state::StateOutcome::kLoaded) {
    std::cerr << "no state: " << Name(loaded.outcome) << ' ' << loaded.message << '\n';
    return 1;
  }
  const config::Config config;
  core::JobTable jobs(config.tracker, config.jobs, config::MakeClassifierRule(config.series));
  if (!state::DecodeState(loaded.body, jobs, core::Instant{})) {
    std::cerr << "the state does not fit the default configuration\n";
    return 1;
  }
  for (const auto& [name, job] : jobs.jobs()) Print(job);
  return 0;
}
