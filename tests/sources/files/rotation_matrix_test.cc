// Every way in which a log is rotated, times who writes on to which file, times whether we were there, times how we
// learn of it. On real files: what a kernel does to them is the subject.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <map>
#include <memory>
#include <ostream>
#include <string>
#include <tuple>
#include <vector>

#include "os/posix_file_system.h"
#include "sources/files/inotify_watcher.h"
#include "sources/files/tailer.h"

namespace lossd::sources {
namespace {

namespace fs = std::filesystem;

enum class Rotation { kRename, kCopyTruncate, kReplace, kSymlink, kDeleteCreate, kDirectorySwap };
enum class Writer { kKeepsDescriptor, kReopens };
enum class Daemon { kUp, kDown };
enum class Wakeup { kPolling, kInotify };
// How CTest's list names a cell.
void PrintTo(Rotation rotation, std::ostream* out) {
  const char* const names[] = {"rename", "copytruncate", "replace", "symlink", "delete+create", "directory swap"};
  *out << names[static_cast<int>(rotation)];
}
void PrintTo(Writer writer, std::ostream* out) {
  *out << (writer == Writer::kReopens ? "reopens" : "keeps descriptor");
}
void PrintTo(Daemon daemon, std::ostream* out) { *out << (daemon == Daemon::kUp ? "up" : "down"); }
void PrintTo(Wakeup wakeup, std::ostream* out) { *out << (wakeup == Wakeup::kPolling ? "polling" : "inotify"); }
using Cell = std::tuple<Rotation, Writer, Daemon, Wakeup>;

class RotationMatrix : public ::testing::TestWithParam<Cell> {
 protected:
  RotationMatrix() {
    char pattern[] = "/tmp/lossd-rotation-XXXXXX";
    top_ = mkdtemp(pattern);
    fs::create_directory(top_ + "/logs");
    log_ = top_ + "/logs/train.log";
    if (std::get<Rotation>(GetParam()) == Rotation::kSymlink) fs::create_symlink("run-a.txt", log_);
  }
  ~RotationMatrix() override {
    CloseWriter();
    fs::remove_all(top_);
  }

  // --- the training job ---
  void OpenWriter() {
    CloseWriter();
    writer_ = open(log_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    ASSERT_GE(writer_, 0);
  }
  void CloseWriter() {
    if (writer_ >= 0) close(writer_);
    writer_ = -1;
  }
  void Write(int count) {
    std::string text;
    for (int i = 0; i < count; ++i) text += "step " + std::to_string(++step_) + ": loss 2.5\n";
    ASSERT_EQ(write(writer_, text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }

  // --- the operator ---
  void Rotate() {
    switch (std::get<Rotation>(GetParam())) {
      case Rotation::kRename:
        fs::rename(log_, log_ + ".1");
        break;
      case Rotation::kCopyTruncate:
        fs::copy_file(log_, log_ + ".1");
        fs::resize_file(log_, 0);
        break;
      case Rotation::kReplace:
        close(open((log_ + ".tmp").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
        fs::rename(log_ + ".tmp", log_);
        break;
      case Rotation::kSymlink:
        fs::create_symlink("run-b.txt", log_ + ".tmp");
        fs::rename(log_ + ".tmp", log_);
        break;
      case Rotation::kDeleteCreate:
        fs::remove(log_);
        break;
      case Rotation::kDirectorySwap:
        fs::create_directory(top_ + "/next");
        fs::rename(top_ + "/logs", top_ + "/before");
        fs::rename(top_ + "/next", top_ + "/logs");
        break;
    }
  }

  // --- the daemon ---
  void Start() {
    SourceOptions source;
    source.path = log_;
    tailer_ = std::make_unique<Tailer>(files_, std::vector{source});
    std::vector<FilePosition> positions;
    for (const auto& [file, position] : saved_) positions.push_back(position);
    saved_.clear();
    tailer_->Restore(std::move(positions));
    if (std::get<Wakeup>(GetParam()) == Wakeup::kInotify) watcher_ = std::make_unique<InotifyWatcher>();
    Look(std::chrono::seconds(0));
  }
  void Stop() {
    tailer_.reset();
    watcher_.reset();
  }
  /// By polling, time enough for every poll goes by; with inotify next to none: only what the kernel has told is looked
  /// at.
  void Look() {
    if (watcher_ != nullptr) {
      const InotifyWatcher::Events events = watcher_->Read();
      if (events.anything) tailer_->WakeAll();
      for (const std::string& path : events.paths) tailer_->Wake(path);
      // A symbolic link's directory says nothing of what is written to its target, nor a descriptor's of what is
      // written to a file that lies in another directory by now: there polling remains.
      if (std::get<Rotation>(GetParam()) != Rotation::kSymlink &&
          std::get<Rotation>(GetParam()) != Rotation::kDirectorySwap) {
        return Look(std::chrono::milliseconds(1));
      }
    }
    Look(std::chrono::seconds(6));
  }
  void Look(std::chrono::nanoseconds time) {
    now_.steady += time;
    now_.wall += time;
    Tailer::Turn turn;
    do {
      turn = tailer_->Poll(now_);
      for (const FileBatch& batch : turn.batches) {
        if (batch.position) saved_[batch.file] = *batch.position;
        for (const core::Sample& sample : batch.samples) ++seen_[static_cast<int>(*sample.step)];
      }
      for (const std::uint64_t file : turn.forgotten) saved_.erase(file);
      if (turn.directories_changed && watcher_ != nullptr) watcher_->Watch(tailer_->directories());
    } while (turn.more);
  }

  std::string top_, log_;
  int writer_ = -1;
  int step_ = 0;
  os::PosixFileSystem files_;
  std::unique_ptr<Tailer> tailer_;
  std::unique_ptr<InotifyWatcher> watcher_;
  core::Instant now_{std::chrono::seconds(1000), core::Timestamp(std::chrono::system_clock::now())};
  std::map<std::uint64_t, FilePosition> saved_;
  std::map<int, int> seen_;  ///< step -> how often
};

/// Steps 1..3 are read, 4..6 are written before the rotation, 7..9 behind it, 10..12 after the daemon has looked again.
std::vector<int> Unknowable(Rotation rotation, Writer writer, Daemon daemon) {
  const bool unlinked = rotation == Rotation::kReplace || rotation == Rotation::kDeleteCreate;
  if (daemon == Daemon::kUp || (!unlinked && rotation != Rotation::kDirectorySwap)) return {};
  // The file that held them was deleted, or lies in another directory, before we could look.
  if (writer == Writer::kReopens) return {4, 5, 6};
  return {4, 5, 6, 7, 8, 9, 10, 11, 12};
}

TEST_P(RotationMatrix, CountsEverySampleOnce) {
  const auto [rotation, writer, daemon, wakeup] = GetParam();
  OpenWriter();
  Write(3);
  Start();
  if (daemon == Daemon::kDown) Stop();
  Write(3);
  Rotate();
  if (writer == Writer::kReopens) OpenWriter();
  Write(3);
  if (daemon == Daemon::kDown) {
    Start();
  } else {
    Look();
  }
  Look();
  Write(3);
  Look();

  const std::vector<int> unknowable = Unknowable(rotation, writer, daemon);
  for (int step = 1; step <= 12; ++step) {
    const bool known = std::find(unknowable.begin(), unknowable.end(), step) == unknowable.end();
    EXPECT_EQ(seen_[step], known ? 1 : 0) << "step " << step;
  }
}

INSTANTIATE_TEST_SUITE_P(All, RotationMatrix,
                         ::testing::Combine(::testing::Values(Rotation::kRename, Rotation::kCopyTruncate,
                                                              Rotation::kReplace, Rotation::kSymlink,
                                                              Rotation::kDeleteCreate, Rotation::kDirectorySwap),
                                            ::testing::Values(Writer::kKeepsDescriptor, Writer::kReopens),
                                            ::testing::Values(Daemon::kUp, Daemon::kDown),
                                            ::testing::Values(Wakeup::kPolling, Wakeup::kInotify)));

}  // namespace
}  // namespace lossd::sources
