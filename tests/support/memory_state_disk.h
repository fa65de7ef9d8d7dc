// The disk of a state file in memory.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "state/state_file.h"

namespace lossd::state {

class MemoryStateDisk : public StateDisk {
 public:
  boost::system::result<std::string, std::error_code> Read(const std::string& path) override {
    const auto found = files.find(path);
    if (found == files.end()) return std::make_error_code(std::errc::no_such_file_or_directory);
    return found->second;
  }
  std::error_code Write(const std::string& path, std::string_view bytes) override {
    files[path] = bytes;
    return {};
  }
  std::error_code Rename(const std::string& from, const std::string& to) override {
    files[to] = std::exchange(files[from], {});
    files.erase(from);
    return {};
  }
  bool Exists(const std::string& path) override { return files.contains(path); }

  std::map<std::string, std::string> files;
};

}  // namespace lossd::state
