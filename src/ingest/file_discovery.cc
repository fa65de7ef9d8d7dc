#include "ingest/file_discovery.h"

#include <algorithm>
#include <array>
#include <set>
#include <span>
#include <string_view>
#include <tuple>
#include <utility>

namespace lossd::ingest {
namespace {

constexpr int kDeepest = 32;
constexpr std::array<std::string_view, 8> kLogsInDirectory = {".log", ".out", ".err",  ".txt",
                                                              ".csv", ".tsv", ".json", ".jsonl"};
constexpr std::array<std::string_view, 4> kCompressed = {".gz", ".bz2", ".xz", ".zst"};

template <typename Endings>
bool EndsWithOneOf(std::string_view name, const Endings& endings) {
  return std::any_of(endings.begin(), endings.end(), [&](std::string_view ending) { return name.ends_with(ending); });
}

std::string Join(const std::string& directory, const std::string& name) {
  if (directory.empty()) return name;
  return directory.back() == '/' ? directory + name : directory + "/" + name;
}

class Walk {
 public:
  Walk(FileSystem& files, Discovered& found) : files_(files), found_(found) {}

  void Enter(const std::string& directory, std::span<const std::string> rest, int depth) {
    if (depth > kDeepest) return;
    // Names up to the next wildcard need no listing.
    std::string at = directory;
    while (rest.size() > 1 && !HasWildcard(rest.front())) {
      at = Join(at, rest.front());
      rest = rest.subspan(1);
    }
    const bool any_depth = rest.front() == "**";
    if (any_depth && !MarkVisited(at, rest.size())) return;
    const std::string listed = at.empty() ? "." : at;
    const auto entries = files_.List(listed);
    if (!entries) {
      if (entries.error() != std::errc::no_such_file_or_directory && entries.error() != std::errc::not_a_directory) {
        found_.errors.push_back({listed, entries.error()});
      }
      return;
    }
    found_.directories.push_back(listed);
    if (any_depth) {
      const auto behind = rest.subspan(1);
      for (const DirectoryEntry& entry : *entries) {
        if (entry.may_be_directory && !entry.name.starts_with('.')) {
          const std::string below = Join(at, entry.name);
          if (IsDirectory(below)) Enter(below, rest, depth + 1);
        }
      }
      if (behind.empty()) {
        TakeNames(at, *entries, "*");
      } else if (behind.size() == 1) {
        TakeNames(at, *entries, behind.front());
      } else {
        Enter(at, behind, depth + 1);
      }
      return;
    }
    if (rest.size() == 1) {
      TakeNames(at, *entries, rest.front());
      return;
    }
    for (const DirectoryEntry& entry : *entries) {
      if (entry.may_be_directory && MatchesSegment(rest.front(), entry.name)) {
        Enter(Join(at, entry.name), rest.subspan(1), depth + 1);
      }
    }
  }

 private:
  bool IsDirectory(const std::string& path) {
    const auto status = files_.Status(path);
    return status && status->kind == FileKind::kDirectory;
  }
  bool MarkVisited(const std::string& directory, std::size_t rest) {
    const auto status = files_.Status(directory.empty() ? "." : directory);
    return !status || visited_.emplace(status->device, status->inode, rest).second;
  }
  void TakeNames(const std::string& directory, const std::vector<DirectoryEntry>& entries, const std::string& segment) {
    for (const DirectoryEntry& entry : entries) {
      if (!MatchesSegment(segment, entry.name) || IsCompressedName(entry.name)) continue;
      std::string path = Join(directory, entry.name);
      if (!entry.may_be_directory || !IsDirectory(path)) found_.paths.push_back(std::move(path));
    }
  }

  FileSystem& files_;
  Discovered& found_;
  std::set<std::tuple<std::uint64_t, std::uint64_t, std::size_t>> visited_;
};

void TakeDirectory(FileSystem& files, const std::string& directory, Discovered& found) {
  found.is_directory = true;
  const auto entries = files.List(directory);
  if (!entries) {
    found.errors.push_back({directory, entries.error()});
    return;
  }
  found.directories.push_back(directory);
  for (const DirectoryEntry& entry : *entries) {
    if (!entry.name.starts_with('.') && EndsWithOneOf(entry.name, kLogsInDirectory)) {
      found.paths.push_back(Join(directory, entry.name));
    }
  }
}

}  // namespace

bool IsCompressedName(std::string_view path) { return EndsWithOneOf(path, kCompressed); }

Discovered Discover(FileSystem& files, const std::string& pattern, const std::vector<Glob>& excludes) {
  Discovered found;
  const Glob glob(pattern);
  if (glob.literal()) {
    const auto status = files.Status(pattern);
    if (status && status->kind == FileKind::kDirectory) {
      TakeDirectory(files, pattern, found);
    } else {
      found.paths.push_back(pattern);
    }
  } else {
    Walk(files, found).Enter(glob.absolute() ? "/" : "", glob.segments(), 0);
  }
  std::erase_if(found.paths, [&](const std::string& path) {
    return std::any_of(excludes.begin(), excludes.end(), [&](const Glob& exclude) { return exclude.Matches(path); });
  });
  std::sort(found.paths.begin(), found.paths.end());
  found.paths.erase(std::unique(found.paths.begin(), found.paths.end()), found.paths.end());
  std::sort(found.directories.begin(), found.directories.end());
  found.directories.erase(std::unique(found.directories.begin(), found.directories.end()), found.directories.end());
  return found;
}

}  // namespace lossd::ingest
