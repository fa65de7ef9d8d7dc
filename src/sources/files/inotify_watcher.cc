#include "sources/files/inotify_watcher.h"

#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <set>

namespace lossd::sources {
namespace {

constexpr std::uint32_t kMask = IN_MODIFY | IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_ATTRIB |
                                IN_MOVE_SELF | IN_DELETE_SELF | IN_ONLYDIR;
/// Turns of reading in one call: a storm of events must not keep the reader from the files.
constexpr int kMostReads = 16;

}  // namespace

InotifyWatcher::InotifyWatcher() : descriptor_(inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {}

InotifyWatcher::~InotifyWatcher() {
  if (descriptor_ >= 0) close(descriptor_);
}

void InotifyWatcher::Watch(const std::vector<std::string>& directories) {
  if (descriptor_ < 0) return;
  const std::set<std::string> wanted(directories.begin(), directories.end());
  for (auto watch = watches_.begin(); watch != watches_.end();) {
    if (wanted.contains(watch->first)) {
      ++watch;
      continue;
    }
    const int number = watch->second;
    watch = watches_.erase(watch);
    // Two names of one directory share a watch: it is given up with the last of them.
    const auto other =
        std::find_if(watches_.begin(), watches_.end(), [&](const auto& entry) { return entry.second == number; });
    if (other != watches_.end()) {
      directories_[number] = other->first;
    } else {
      directories_.erase(number);
      inotify_rm_watch(descriptor_, number);
    }
  }
  refused_ = 0;
  lost_ = false;
  for (const std::string& directory : wanted) {
    if (watches_.contains(directory)) continue;
    const int number = inotify_add_watch(descriptor_, directory.c_str(), kMask);
    if (number < 0) {
      ++refused_;
      continue;
    }
    watches_[directory] = number;
    directories_[number] = directory;
  }
}

InotifyWatcher::Events InotifyWatcher::Read() {
  Events events;
  if (descriptor_ < 0) return events;
  std::set<std::string> paths;
  alignas(inotify_event) char buffer[16 * 1024];
  for (int i = 0; i < kMostReads; ++i) {
    const ssize_t got = read(descriptor_, buffer, sizeof buffer);
    if (got <= 0) break;
    for (const char* at = buffer; at < buffer + got;) {
      inotify_event event;
      std::memcpy(&event, at, sizeof event);
      const char* name = at + sizeof event;
      at += sizeof event + event.len;
      if ((event.mask & IN_Q_OVERFLOW) != 0) {
        ++overflows_;
        events.anything = true;
        continue;
      }
      const auto directory = directories_.find(event.wd);
      if (directory == directories_.end()) continue;
      if ((event.mask & (IN_IGNORED | IN_MOVE_SELF | IN_DELETE_SELF)) != 0) {
        // The name may stand for another directory by now; the next Watch asks again.
        if ((event.mask & IN_MOVE_SELF) != 0) inotify_rm_watch(descriptor_, event.wd);
        std::erase_if(watches_, [gone = event.wd](const auto& entry) { return entry.second == gone; });
        directories_.erase(directory);
        lost_ = true;
        events.anything = true;
        continue;
      }
      if (event.len > 0) paths.insert(directory->second == "." ? name : directory->second + "/" + name);
    }
  }
  events.paths.assign(paths.begin(), paths.end());
  return events;
}

}  // namespace lossd::sources
