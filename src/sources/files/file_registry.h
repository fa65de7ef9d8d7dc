// Which files are being read, and which have been: so that none is read twice, whatever name it comes by.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "sources/files/file_position.h"

namespace lossd::sources {

class TailedPath;

/// Equal for the files of one job that go by one file name.
std::string RunKey(std::string_view job, std::string_view path);

/// Not thread-safe. Knows files by identity; whether a file that is met again is still what it was is for its signature
/// to say.
class FileRegistry {
 public:
  static constexpr std::size_t kMostRemembered = 20000;

  /// A number for a file that was never met before.
  std::uint64_t NewNumber() { return ++last_number_; }

  /// The log that reads this file now, or null.
  const TailedPath* ReaderOf(const FileIdentity& file) const;
  void SetReader(const FileIdentity& file, const TailedPath* log) { readers_[file] = log; }

  struct Remembered {
    FilePosition position;
    std::uint64_t number = 0;
  };
  /// The file is read no more, for now: where it stands is kept. Beyond kMostRemembered the oldest is forgotten and its
  /// number appended to `forgotten`.
  void Release(const FilePosition& position, std::uint64_t number, std::vector<std::uint64_t>& forgotten);
  /// The file is no more.
  void Drop(const FileIdentity& file) { readers_.erase(file); }
  /// Takes out what is remembered of a file.
  std::optional<Remembered> Recall(const FileIdentity& file);
  bool Remembers(const FileIdentity& file) const { return remembered_.contains(file); }
  /// Files last known by this path.
  std::vector<const FilePosition*> At(const std::string& path) const;
  /// Of those, the ones that were not read to their end.
  std::vector<FileIdentity> UnfinishedAt(const std::string& path) const;
  /// Files of a job that went by a file name, in whatever directory. Answers hold until the next call that changes
  /// something.
  std::vector<const FilePosition*> OfRun(const std::string& job, std::string_view file_name) const;

  const std::map<FileIdentity, Remembered>& remembered() const { return remembered_; }

 private:
  using Index = std::map<std::string, std::set<FileIdentity>, std::less<>>;

  std::vector<const FilePosition*> Found(const Index& index, std::string_view key) const;

  std::uint64_t last_number_ = 0;
  std::map<FileIdentity, const TailedPath*> readers_;
  std::map<FileIdentity, Remembered> remembered_;
  Index by_path_, by_run_;  ///< of remembered_
  std::map<std::uint64_t, FileIdentity> by_age_;
  std::uint64_t last_age_ = 0;
  std::map<FileIdentity, std::uint64_t> ages_;
};

}  // namespace lossd::sources
