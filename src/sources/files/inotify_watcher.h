// Early word of changed files from the kernel, where it can be had. Never the truth: network file systems tell nothing,
// queues overflow, limits are reached. Whoever polls looks a little earlier with it and no less without.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace lossd::sources {

/// One inotify instance for all directories: instances are scarce (128 a user). Not thread-safe.
class InotifyWatcher {
 public:
  /// Where the system gives no instance, `descriptor` is -1 and nothing is ever reported.
  InotifyWatcher();
  ~InotifyWatcher();
  InotifyWatcher(const InotifyWatcher&) = delete;
  InotifyWatcher& operator=(const InotifyWatcher&) = delete;

  /// To wait on for reading; -1: there is none.
  int descriptor() const { return descriptor_; }

  /// Watches these directories (not what lies below them) and no others. One that cannot be watched is counted and
  /// tried again with the next call.
  void Watch(const std::vector<std::string>& directories);

  struct Events {
    std::vector<std::string> paths;  ///< directory + "/" + name, each once; just the name in the directory "."
    bool anything = false;           ///< the queue overflowed or a directory moved: look everywhere
  };
  /// What has happened since the last call; never waits.
  Events Read();

  /// Whether all is watched that the last call of Watch asked for. Else it is worth another call now and then.
  bool complete() const { return refused_ == 0 && !lost_; }
  std::size_t watched() const { return watches_.size(); }
  /// Directories that could not be watched, by the last call of Watch.
  std::uint64_t refused() const { return refused_; }
  std::uint64_t overflows() const { return overflows_; }

 private:
  int descriptor_ = -1;
  std::map<std::string, int> watches_;      ///< directory -> watch
  std::map<int, std::string> directories_;  ///< watch -> directory
  std::uint64_t refused_ = 0;
  bool lost_ = false;  ///< a watch, since the last call of Watch
  std::uint64_t overflows_ = 0;
};

}  // namespace lossd::sources
