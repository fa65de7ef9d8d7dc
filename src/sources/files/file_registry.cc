#include "sources/files/file_registry.h"

#include <utility>

namespace lossd::sources {

const TailedPath* FileRegistry::ReaderOf(const FileIdentity& file) const {
  const auto reader = readers_.find(file);
  return reader == readers_.end() ? nullptr : reader->second;
}

void FileRegistry::Release(const FilePosition& position, std::uint64_t number, std::vector<std::uint64_t>& forgotten) {
  readers_.erase(position.identity);
  if (const auto old = ages_.find(position.identity); old != ages_.end()) by_age_.erase(old->second);
  remembered_[position.identity] = {position, number};
  ages_[position.identity] = ++last_age_;
  by_age_[last_age_] = position.identity;
  if (remembered_.size() <= kMostRemembered) return;
  const FileIdentity oldest = by_age_.begin()->second;
  if (const auto file = Recall(oldest)) forgotten.push_back(file->number);
}

std::optional<FileRegistry::Remembered> FileRegistry::Recall(const FileIdentity& file) {
  const auto found = remembered_.find(file);
  if (found == remembered_.end()) return std::nullopt;
  Remembered result = std::move(found->second);
  remembered_.erase(found);
  const auto age = ages_.find(file);
  by_age_.erase(age->second);
  ages_.erase(age);
  return result;
}

std::vector<FileIdentity> FileRegistry::UnfinishedAt(const std::string& path) const {
  std::vector<FileIdentity> files;
  for (const auto& [identity, file] : remembered_) {
    if (file.position.path == path && !file.position.complete) files.push_back(identity);
  }
  return files;
}

}  // namespace lossd::sources
