// Random lives of a log against an oracle: whatever the writer, the operator and the daemon do, every line that a
// reader can know of is read once, in order, and none is made up.
//
// What a reader cannot know, and the oracle does not ask for: lines of a file that was destroyed before they were read,
// and what becomes of a file that is truncated, copied or deleted more than once between two looks.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "support/tailer_fixture.h"

namespace lossd::sources {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int kSequences = 10'000;
constexpr int kSequencesPerTest = 1'000;

/// One log, one writer, one daemon.
class Life : public test::TailerFixture {
 public:
  void TestBody() override {}

  void Run(std::uint32_t seed) {
    random_.seed(seed);
    if (Chance(4)) options_.bytes_per_turn = 50 + Pick(500);
    if (Chance(4)) files_.LimitReads(1 + Pick(40));
    writer_ = files_.Create(kLog);
    Follow(Chance(2) ? kLog : "/logs/*.log");
    Tick();  // what was rotated away before the first look of all was never asked for
    const int actions = 10 + Pick(40);
    for (int i = 0; i < actions; ++i) Act();
    // In the end everything works and has time to be seen.
    files_.Heal();
    if (!partial_.empty()) FinishLine();
    if (!up_) Start();
    for (int i = 0; i < 3; ++i) Tick(seconds(30));
    Note("end");
    Check(seed);
  }

 private:
  static constexpr const char* kLog = "/logs/a.log";

  int Pick(int below) { return static_cast<int>(random_() % static_cast<std::uint32_t>(below)); }
  bool Chance(int one_in) { return Pick(one_in) == 0; }

  void Act() {
    switch (Pick(13)) {
      case 0:
      case 1:
      case 2:
        return WriteLines(1 + Pick(Chance(5) ? 60 : 4));
      case 3:
        return WritePartOfALine();
      case 4:
      case 5:
        return Look();
      case 6:
        return Chance(2) ? RotateByRenaming() : RotateByCopying();
      case 7:
        return Truncate();
      case 8:
        return DeleteAndCreate();
      case 9:
        return up_ ? Kill() : Start();
      case 10:
        return Start();
      case 11:
        return SetClock();
      default:
        Note("fault");
        faults_ = true;
        return files_.FailNext(static_cast<test::MemoryFileSystem::Operation>(Pick(4)), std::errc::io_error, Pick(3));
    }
  }

  // --- the writer ---
  void WriteLines(int count) {
    Note("write");
    if (!partial_.empty()) FinishLine();
    for (int i = 0; i < count; ++i) {
      files_.Append(writer_, NextLine());
      Written();
    }
  }
  void WritePartOfALine() {
    Note("part");
    if (!partial_.empty()) FinishLine();
    partial_ = NextLine();
    const std::size_t part = 1 + static_cast<std::size_t>(Pick(static_cast<int>(partial_.size()) - 1));
    files_.Append(writer_, partial_.substr(0, part));
    partial_.erase(0, part);
  }
  void FinishLine() {
    files_.Append(writer_, partial_);
    partial_.clear();
    Written();
  }
  void Written() {
    alive_.push_back(step_);
    current_.push_back(step_);
  }
  /// Unlike any other line, and with a number of digits that varies.
  std::string NextLine() {
    ++step_;
    return "step " + std::to_string(step_) + ": loss " + std::to_string(step_ % 7) + "." +
           std::to_string(step_ * 37 % 1000) + (Chance(6) ? "\r\n" : "\n");
  }

  // --- the operator ---
  enum class Disruption { kNone, kRename, kOther };
  /// Whether this may happen to the file before somebody has looked again.
  bool Allow(Disruption disruption) {
    const bool allowed =
        disrupted_ == Disruption::kNone || (disrupted_ == Disruption::kRename && disruption == Disruption::kRename);
    if (allowed) disrupted_ = disruption;
    return allowed;
  }
  void RotateByRenaming() {
    if (!Allow(Disruption::kRename)) return;
    Note("rename");
    if (!partial_.empty()) FinishLine();
    for (int old = 8; old >= 1; --old) {
      const std::string from = std::string(kLog) + "." + std::to_string(old);
      if (files_.Exists(from)) files_.Rename(from, std::string(kLog) + "." + std::to_string(old + 1));
    }
    files_.Rename(kLog, std::string(kLog) + ".1");
    current_.clear();
    writer_ = files_.Create(kLog);
  }
  void RotateByCopying() {
    if (!Allow(Disruption::kOther)) return;
    Note("copytruncate");
    if (!partial_.empty()) FinishLine();
    // A copy is known by what was read of its original: nothing was read of this one.
    if (std::none_of(current_.begin(), current_.end(), [&](int step) { return Saw(step); })) Lose();
    current_.clear();
    files_.Copy(kLog, std::string(kLog) + "-" + std::to_string(20260000 + ++copies_));
    files_.Truncate(kLog);
  }
  /// What was not read yet is out of everybody's reach.
  void Truncate() {
    if (!Allow(Disruption::kOther)) return;
    Note("truncate");
    partial_.clear();
    Lose();
    files_.Truncate(kLog);
  }
  void DeleteAndCreate() {
    if (!Allow(Disruption::kOther)) return;
    Note("recreate");
    if (!partial_.empty()) FinishLine();
    // The daemon may still hold the file, and then reads its rest; or it may not.
    Lose();
    files_.Remove(kLog);
    writer_ = files_.Create(kLog);
  }
  /// With several rotations between two looks the times of the files would lie about their order.
  void SetClock() {
    if (!Chance(3) || !Allow(Disruption::kOther)) return;
    Note("clock");
    now_.wall += seconds(Pick(200'000'000) - 100'000'000);
    files_.SetTime(now_.wall.time_since_epoch().count());
  }
  void Lose() {
    may_be_lost_.insert(alive_.begin(), alive_.end());
    current_.clear();
  }
  bool Saw(int step) {
    const std::vector<int>& seen = steps_["a"];
    return std::find(seen.begin(), seen.end(), step) != seen.end();
  }

  // --- the daemon ---
  void Look() {
    if (!up_) return;
    Note("look");
    const bool long_enough = Chance(2);
    Tick(long_enough ? seconds(6) : milliseconds(10 + Pick(900)));
    if (long_enough && !faults_) disrupted_ = Disruption::kNone;
    files_.Heal();
    faults_ = false;
  }
  void Kill() {
    Note("kill");
    up_ = false;
    tailer_.reset();
  }
  void Start() {
    Note("start");
    Restart();
    up_ = true;
  }

  std::string Story(std::uint32_t seed) const { return "seed " + std::to_string(seed) + ":" + story_ + "\n"; }
  /// Notes what is done, for the message of a failure.
  void Note(const std::string& action) { story_ += " " + action + "@" + std::to_string(step_); }

  void Check(std::uint32_t seed) {
    const std::vector<int> seen = Steps();
    std::set<int> once(seen.begin(), seen.end());
    ASSERT_EQ(once.size(), seen.size()) << Story(seed) << "a line was read twice";
    std::vector<int> in_order;
    std::copy_if(seen.begin(), seen.end(), std::back_inserter(in_order),
                 [&](int step) { return !may_be_lost_.contains(step); });
    ASSERT_TRUE(std::is_sorted(in_order.begin(), in_order.end())) << Story(seed) << "out of order";
    for (const int step : alive_) {
      if (!may_be_lost_.contains(step)) {
        ASSERT_TRUE(once.contains(step)) << Story(seed) << "step " << step << " of " << step_ << " was lost";
      }
    }
    for (const FileBatch& batch : batches_) {
      for (const core::Sample& sample : batch.samples) {
        const int step = static_cast<int>(*sample.step);
        const std::string value = std::to_string(step % 7) + "." + std::to_string(step * 37 % 1000);
        ASSERT_EQ(sample.value, std::stod(value)) << Story(seed) << "a number was cut";
      }
    }
  }

  std::mt19937 random_;
  test::MemoryFileSystem::Handle writer_;
  std::string partial_;                       ///< the rest of a line that was begun
  std::vector<int> alive_;                    ///< steps whose whole line was written
  std::set<int> may_be_lost_;                 ///< of those, the ones that were destroyed, perhaps before they were read
  std::vector<int> current_;                  ///< those in the file at the path
  Disruption disrupted_ = Disruption::kNone;  ///< since the last look
  bool faults_ = false;                       ///< at the next look
  std::string story_;
  int step_ = 0;
  int copies_ = 0;
  bool up_ = true;
};

class TailerModel : public ::testing::TestWithParam<int> {};

TEST_P(TailerModel, ReadsEveryLineOnceInOrder) {
  for (int i = 0; i < kSequencesPerTest; ++i) {
    Life life;
    life.Run(static_cast<std::uint32_t>(GetParam() * kSequencesPerTest + i));
    if (HasFatalFailure()) return;
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, TailerModel, ::testing::Range(0, kSequences / kSequencesPerTest));

}  // namespace
}  // namespace lossd::sources
