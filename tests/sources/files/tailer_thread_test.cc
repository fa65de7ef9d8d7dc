#include "sources/files/tailer_thread.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>
#include <set>
#include <utility>

#include "support/memory_file_system.h"

namespace lossd::sources {
namespace {

using LastLine = Tailer::LastLine;

/// A file system whose reads wait for a sign, as a network file system's do when the server is gone.
class HangingFileSystem : public test::MemoryFileSystem {
 public:
  struct Gate {
    std::mutex mutex;
    std::condition_variable changed;
    bool closed = false;
    bool reached = false;
  };
  explicit HangingFileSystem(std::shared_ptr<Gate> gate) : gate_(std::move(gate)) {}
  os::FileResult<os::FileStatus> Status(const std::string& path) override {
    std::unique_lock lock(gate_->mutex);
    gate_->reached = true;
    gate_->changed.notify_all();
    gate_->changed.wait(lock, [&] { return !gate_->closed; });
    lock.unlock();
    return test::MemoryFileSystem::Status(path);
  }

 private:
  std::shared_ptr<Gate> gate_;
};

/// Takes turns as the daemon does, on another thread than the one that reads.
class Receiver {
 public:
  TailerThread::Deliver Deliver() {
    return [this](TailerThread::Turn turn) {
      const std::lock_guard lock(mutex_);
      for (const FileBatch& batch : turn.batches) samples_ += batch.samples.size();
      ++turns_;
      changed_.notify_all();
    };
  }
  template <typename Condition>
  void WaitFor(Condition condition) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, condition);
  }
  void Notify() {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t samples_ = 0, turns_ = 0;
  bool stopped_ = false;
};

core::Instant Now() { return {std::chrono::steady_clock::now().time_since_epoch(), std::chrono::system_clock::now()}; }

std::string Lines(int count) {
  std::string text;
  for (int step = 1; step <= count; ++step) text += "step " + std::to_string(step) + ": loss 2.5\n";
  return text;
}

TEST(TailerThread, ReadsEverythingBeforeItStops) {
  auto files = std::make_unique<test::MemoryFileSystem>();
  files->Append("/logs/a.log", Lines(1000) + "step 1001: loss 2.4, lr 0.");
  SourceOptions source;
  source.path = "/logs/a.log";
  TailerOptions follow;
  follow.bytes_per_turn = 4096;
  Receiver receiver;
  TailerThreadOptions options;
  options.turns_in_flight = 1000;
  TailerThread thread(std::move(files), {source}, follow, {}, Now, receiver.Deliver(), options);
  thread.Stop(LastLine::kUse, std::chrono::hours(1), [&] { receiver.Notify(); });
  receiver.WaitFor([&] { return receiver.stopped_; });
  EXPECT_EQ(receiver.samples_, 1001u);
  EXPECT_EQ(thread.report()->stats.lines_matched, 1001u);
}

TEST(TailerThread, ReadsNoFurtherThanTheReceiverHasRoom) {
  auto files = std::make_unique<test::MemoryFileSystem>();
  files->Append("/logs/a.log", Lines(10000));
  SourceOptions source;
  source.path = "/logs/a.log";
  TailerOptions follow;
  follow.bytes_per_turn = 4096;
  Receiver receiver;
  TailerThreadOptions options;
  options.turns_in_flight = 2;
  TailerThread thread(std::move(files), {source}, follow, {}, Now, receiver.Deliver(), options);
  receiver.WaitFor([&] { return receiver.turns_ == 2; });
  thread.Stop(LastLine::kHold, std::chrono::hours(1), [&] { receiver.Notify(); });
  for (std::size_t turns = 2;; ++turns) {
    {
      const std::lock_guard lock(receiver.mutex_);
      EXPECT_LE(receiver.turns_, turns);
      if (receiver.stopped_) break;
    }
    thread.Done();
    receiver.WaitFor([&] { return receiver.turns_ > turns || receiver.stopped_; });
  }
  EXPECT_EQ(receiver.samples_, 10000u);
}

TEST(TailerThread, LeavesAThreadBehindThatHangs) {
  auto gate = std::make_shared<HangingFileSystem::Gate>();
  gate->closed = true;
  SourceOptions source;
  source.path = "/logs/a.log";
  Receiver receiver;
  {
    TailerThread thread(std::make_unique<HangingFileSystem>(gate), {source}, {}, {}, Now, receiver.Deliver());
    std::unique_lock lock(gate->mutex);
    gate->changed.wait(lock, [&] { return gate->reached; });
    EXPECT_EQ(thread.report()->files.size(), 0u);
  }
  {
    const std::lock_guard lock(gate->mutex);
    gate->closed = false;
    gate->changed.notify_all();
  }
  const std::lock_guard lock(receiver.mutex_);
  EXPECT_EQ(receiver.turns_, 0u);
}

TEST(TailerThread, FollowsOtherSourcesWithoutReadingTwice) {
  auto files = std::make_unique<test::MemoryFileSystem>();
  files->Append("/logs/a.log", Lines(10));
  files->Append("/logs/b.log", Lines(20));
  SourceOptions a;
  a.path = "/logs/a.log";
  SourceOptions all;
  all.path = "/logs/*.log";
  Receiver receiver;
  TailerThreadOptions options;
  options.turns_in_flight = 1000;
  TailerThread thread(std::move(files), {a}, {}, {}, Now, receiver.Deliver(), options);
  receiver.WaitFor([&] { return receiver.samples_ == 10; });
  thread.Reconfigure({all}, {});
  receiver.WaitFor([&] { return receiver.samples_ >= 30; });
  thread.Stop(LastLine::kUse, std::chrono::hours(1), [&] { receiver.Notify(); });
  receiver.WaitFor([&] { return receiver.stopped_; });
  EXPECT_EQ(receiver.samples_, 30u);
  EXPECT_EQ(thread.report()->stats.lines_matched, 30u);
}

}  // namespace
}  // namespace lossd::sources
