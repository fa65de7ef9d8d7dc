// The seeds from which the fuzz targets of the state begin. A seed of another layout than the program's is refused in
// its first bytes, and then nothing behind them is ever tried: `./dev golden` writes the seeds anew.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <limits>
#include <string>
#include <string_view>

#include "core/job_table.h"
#include "core/state_codec.h"
#include "sources/files/file_position.h"
#include "state/saved_state.h"
#include "state/state_file.h"
#include "support/memory_state_disk.h"

namespace lossd {
namespace {

const core::Instant kNow{std::chrono::hours(1), core::Timestamp(std::chrono::seconds(1'790'000'000))};

core::Sample SampleOf(std::string_view loss, int step, double value) {
  core::Sample sample;
  sample.loss = loss;
  sample.step = step;
  sample.value = value;
  return sample;
}

/// Two jobs with what a job can hold: several losses, labels, numbers that are none, a rate, a failure.
core::JobTable TwoJobs() {
  core::JobTable jobs({}, {});
  for (int step = 1; step <= 40; ++step) {
    const core::Instant now{kNow.steady + std::chrono::seconds(step), kNow.wall + std::chrono::seconds(step)};
    core::Sample sample =
        SampleOf(core::kTrainSeries, step, step == 30 ? std::numeric_limits<double>::quiet_NaN() : 3.0 / step);
    sample.learning_rate = 1e-4;
    sample.gradient_norm = 0.5;
    jobs.Add("llama", {{"team", "nlp"}}, sample, now);
    if (step % 10 == 0) jobs.Add("llama", {}, SampleOf(core::kEvalSeries, step, 3.5 / step), now);
    if (step <= 10) jobs.Add("résumé", {}, SampleOf(core::kTrainSeries, step, 2.0), now);
  }
  jobs.Fail("résumé", {.reason = core::Failure::kException, .lines = {"Traceback", "Error"}, .last_line = "Error"},
            kNow);
  return jobs;
}

std::string Position() {
  sources::FilePosition position;
  position.path = "/logs/run.log";
  position.real_path = "/data/run.log";
  position.job = "run";
  position.identity = {7, 42};
  position.offset = position.size = 2000;
  position.signature = {.head_bytes = 1024, .head_hash = 1, .tail_bytes = 64, .tail_hash = 2};
  position.primer = "step,loss\n";
  position.fingerprints.Add(3);
  core::StateWriter out;
  position.Save(out);
  return out.Take();
}

std::string Body() { return state::EncodeState({{"files", "7:42", Position()}}, TwoJobs(), kNow); }

std::string File() {
  state::MemoryStateDisk disk;
  state::StateFile file(disk, "d");
  file.Save({Body()});
  return disk.files.at(file.path());
}

/// The seed as it lies in the corpus, written anew where that was asked for.
std::string Seed(const std::string& name, const std::string& written_now) {
  const std::string path = std::string(LOSSD_FUZZ_CORPUS) + "/" + name;
  if (std::getenv("LOSSD_UPDATE_GOLDEN") != nullptr) std::ofstream(path, std::ios::binary) << written_now;
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// What it decodes to is told by its bytes.
bool Decodes(const std::string& body) {
  core::JobTable jobs({}, {});
  const auto decoded = state::DecodeState(body, jobs, kNow);
  return decoded && decoded->cursors.size() == 1 && jobs.jobs().size() == 2 &&
         state::EncodeState(decoded->cursors, jobs, kNow) == body;
}

constexpr const char* kStale = "the layout has changed: ./dev golden";

TEST(StateSeedsGolden, HoldABodyThatIsTaken) {
  EXPECT_TRUE(Decodes(Seed("saved_state/two_jobs", Body()))) << kStale;
  EXPECT_TRUE(Decodes(Seed("state_file/body", Body()))) << kStale;
}

TEST(StateSeedsGolden, HoldAFileThatIsLoaded) {
  state::MemoryStateDisk disk;
  state::StateFile file(disk, "d");
  disk.files[file.path()] = Seed("state_file/file", File());
  const state::LoadedState loaded = file.Load();
  EXPECT_EQ(loaded.outcome, state::StateOutcome::kLoaded) << kStale;
  EXPECT_TRUE(Decodes(loaded.body)) << kStale;
}

TEST(StateSeedsGolden, HoldAPositionThatIsTaken) {
  const std::string seed = Seed("state_file/position", Position());
  core::StateReader in(seed);
  sources::FilePosition position;
  EXPECT_TRUE(position.Load(in) && in.at_end()) << kStale;
}

}  // namespace
}  // namespace lossd
