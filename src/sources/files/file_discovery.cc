#include "sources/files/file_discovery.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <system_error>
#include <unordered_set>
#include <utility>

#include "readers/job_name.h"

namespace lossd::sources {
namespace {

constexpr int kDeepest = 32;
/// How the names of files begin that lie beside logs and are none: settings, tokenizers, what W&B notes of itself.
constexpr std::array<std::string_view, 20> kNoLogs = {
    "requirements", "README",        "LICENSE",           "wandb-",
    "config",       "tokenizer",     "special_tokens",    "vocab",
    "merges",       "package",       "hparams",           "args",
    "debug",        "added_tokens",  "generation_",       "adapter_",
    "preprocessor", "training_args", "model.safetensors", "pytorch_model"};
constexpr std::array<std::string_view, 4> kNotSearched = {"__pycache__", "node_modules", "site-packages", "venv"};
/// Below a directory that is followed: wandb/run-.../files, multirun/DATE/TIME/0, and room.
constexpr int kDeepestSearch = 8;
constexpr std::array<std::string_view, 4> kCompressed = {".gz", ".bz2", ".xz", ".zst"};

template <typename Endings>
bool EndsWithOneOf(std::string_view name, const Endings& endings) {
  return std::any_of(endings.begin(), endings.end(), [&](std::string_view ending) { return name.ends_with(ending); });
}

template <typename Names>
bool IsOneOf(std::string_view name, const Names& names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// Of what lies in the directory of a run, by its name.
bool MayBeLog(std::string_view name) {
  if (!EndsWithOneOf(name, readers::kLogEndings)) return false;
  return std::none_of(kNoLogs.begin(), kNoLogs.end(), [&](std::string_view head) { return name.starts_with(head); });
}

std::string Join(const std::string& directory, const std::string& name) {
  if (directory.empty()) return name;
  return directory.back() == '/' ? directory + name : directory + "/" + name;
}

void SortUnique(std::vector<std::string>& names) {
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
}

class Walk {
 public:
  Walk(os::FileSystem& files, DirectoryCache& memory, const FileDiscovery& discovery, std::chrono::nanoseconds now)
      : files_(files), memory_(memory), discovery_(discovery), now_(now) {}

  void Enter(const std::string& directory, std::span<const std::string> rest, int depth) {
    // Names up to the next wildcard need no listing.
    std::string at = directory;
    while (rest.size() > 1 && !HasWildcard(rest.front())) {
      at = Join(at, rest.front());
      rest = rest.subspan(1);
    }
    const std::string& listed = at.empty() ? here_ : at;
    const auto status = files_.Status(listed);
    if (!status) return Failed(listed, status.error());
    if (status->kind == os::FileKind::kDirectory) Look(at, *status, rest, depth);
  }

  /// The logs in the directory and in those below it.
  void EnterLiteral(const std::string& directory, const os::FileStatus& status, int depth = 0) {
    if (depth > kDeepestSearch || !entered_.insert({status.device, status.inode, 0}).second) return;
    const auto contents = memory_.Look(files_, directory, 0, status, now_, [&](const auto& entries) {
      DirectoryCache::Contents chosen;
      for (const os::DirectoryEntry& entry : entries) {
        if (entry.name.starts_with('.')) continue;
        std::string path = Join(directory, entry.name);
        if (entry.may_be_directory && !IsOneOf(entry.name, kNotSearched)) chosen.directories.push_back(path);
        if (!MayBeLog(entry.name) || discovery_.Excludes(path)) continue;
        chosen.files.push_back({std::move(path), entry.may_be_directory});
      }
      return chosen;
    });
    if (!contents) return errors_.push_back({directory, contents.error()});
    Keep(**contents);
    for (const std::string& below : (*contents)->directories) {
      const auto inner = files_.Status(below);
      if (inner && inner->kind == os::FileKind::kDirectory) EnterLiteral(below, *inner, depth + 1);
    }
  }

  /// Puts what the walk has found into `found`, at little cost where it is what was found before.
  void End(Discovered& found) {
    const bool same = memory_.EndWalk();
    found.changed = !same || asks_again_ || !errors_.empty() || !found.errors.empty();
    if (!found.changed) return;
    std::vector<std::string> paths, directories;
    for (const DirectoryCache::Contents* contents : kept_) {
      directories.push_back(contents->directory);
      for (const auto& [path, may_be_directory] : contents->files) {
        if (!may_be_directory || !IsDirectory(path)) paths.push_back(path);
      }
    }
    SortUnique(paths);
    SortUnique(directories);
    found.changed = paths != found.paths || directories != found.directories;
    found.paths = std::move(paths);
    found.directories = std::move(directories);
    found.errors = std::move(errors_);
  }

 private:
  void Look(const std::string& at, const os::FileStatus& status, std::span<const std::string> rest, int depth) {
    if (depth > kDeepest) return;
    const bool any_depth = rest.front() == "**";
    if (any_depth && !entered_.insert({status.device, status.inode, rest.size()}).second) return;
    const std::string& listed = at.empty() ? here_ : at;
    const auto contents = memory_.Look(files_, listed, rest.size(), status, now_,
                                       [&](const auto& entries) { return Choose(at, entries, rest); });
    if (!contents) return Failed(listed, contents.error());
    Keep(**contents);
    for (const std::string& below : (*contents)->directories) {
      if (!any_depth) {
        Enter(below, rest.subspan(1), depth + 1);
      } else if (const auto inner = files_.Status(below); inner && inner->kind == os::FileKind::kDirectory) {
        Look(below, *inner, rest, depth + 1);
      }
    }
    if (any_depth && rest.size() > 2) Enter(at, rest.subspan(1), depth + 1);
  }

  /// What the pattern `rest` wants of the directory `at`.
  DirectoryCache::Contents Choose(const std::string& at, const std::vector<os::DirectoryEntry>& entries,
                                  std::span<const std::string> rest) const {
    const bool any_depth = rest.front() == "**";
    // Behind ** stands either the pattern of the files or more directories; ** alone finds all files.
    std::string files;
    if (any_depth && rest.size() <= 2) files = rest.size() == 2 ? rest.back() : "*";
    if (!any_depth && rest.size() == 1) files = rest.front();
    DirectoryCache::Contents chosen;
    for (const os::DirectoryEntry& entry : entries) {
      const bool to_enter =
          any_depth ? !entry.name.starts_with('.') : rest.size() > 1 && MatchesSegment(rest.front(), entry.name);
      if (to_enter && entry.may_be_directory) chosen.directories.push_back(Join(at, entry.name));
      if (files.empty() || !MatchesSegment(files, entry.name) || IsCompressedName(entry.name)) continue;
      std::string path = Join(at, entry.name);
      if (!discovery_.Excludes(path)) chosen.files.push_back({std::move(path), entry.may_be_directory});
    }
    return chosen;
  }

  void Keep(const DirectoryCache::Contents& contents) {
    kept_.push_back(&contents);
    asks_again_ = asks_again_ || std::any_of(contents.files.begin(), contents.files.end(),
                                             [](const auto& file) { return file.may_be_directory; });
  }
  bool IsDirectory(const std::string& path) {
    const auto status = files_.Status(path);
    return status && status->kind == os::FileKind::kDirectory;
  }
  void Failed(const std::string& directory, std::error_code error) {
    if (error == std::errc::no_such_file_or_directory || error == std::errc::not_a_directory) return;
    errors_.push_back({directory, error});
  }

  struct Entered {
    std::uint64_t device, inode;
    std::size_t rest;
    bool operator==(const Entered&) const = default;
  };
  struct Hash {
    std::size_t operator()(const Entered& entered) const {
      return static_cast<std::size_t>((entered.inode * 31 + entered.device) * 31 + entered.rest);
    }
  };

  os::FileSystem& files_;
  DirectoryCache& memory_;
  const FileDiscovery& discovery_;
  std::chrono::nanoseconds now_;
  const std::string here_ = ".";
  std::unordered_set<Entered, Hash> entered_;
  std::vector<const DirectoryCache::Contents*> kept_;
  bool asks_again_ = false;  ///< something found is to be asked with each walk whether it is a directory
  std::vector<Discovered::Error> errors_;
};

}  // namespace

bool IsCompressedName(std::string_view path) { return EndsWithOneOf(path, kCompressed); }

FileDiscovery::FileDiscovery(const std::string& pattern, const std::vector<std::string>& excludes)
    : pattern_(pattern), glob_(pattern), excludes_(excludes.begin(), excludes.end()) {}

bool FileDiscovery::Excludes(std::string_view path) const {
  return std::any_of(excludes_.begin(), excludes_.end(), [&](const Glob& exclude) { return exclude.Matches(path); });
}

const Discovered& FileDiscovery::Look(os::FileSystem& files, std::chrono::nanoseconds now) {
  Walk walk(files, memory_, *this, now);
  if (!glob_.literal()) {
    walk.Enter(glob_.absolute() ? "/" : "", glob_.segments(), 0);
    walk.End(found_);
    return found_;
  }
  const bool was_directory = found_.is_directory;
  const auto status = files.Status(pattern_);
  if (status && status->kind == os::FileKind::kDirectory) {
    walk.EnterLiteral(pattern_, *status);
    walk.End(found_);
    found_.is_directory = true;
  } else {
    Discovered literal;
    if (!Excludes(pattern_)) literal.paths.push_back(pattern_);
    literal.changed = literal.paths != found_.paths;
    found_ = std::move(literal);
  }
  found_.changed = found_.changed || found_.is_directory != was_directory;
  return found_;
}

}  // namespace lossd::sources
