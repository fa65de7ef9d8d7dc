#include "sources/files/file_registry.h"

#include <utility>

namespace lossd::sources {
namespace {

template <typename Index>
void EraseFrom(Index& index, const std::string& key, const FileIdentity& file) {
  const auto entry = index.find(key);
  if (entry == index.end()) return;
  entry->second.erase(file);
  if (entry->second.empty()) index.erase(entry);
}

}  // namespace

std::string RunKey(std::string_view job, std::string_view path) {
  return std::string(path.substr(path.rfind('/') + 1)) + '/' + std::string(job);
}

const TailedPath* FileRegistry::ReaderOf(const FileIdentity& file) const {
  const auto reader = readers_.find(file);
  return reader == readers_.end() ? nullptr : reader->second;
}

void FileRegistry::Release(const FilePosition& position, std::uint64_t number, std::vector<std::uint64_t>& forgotten) {
  readers_.erase(position.identity);
  Recall(position.identity);
  remembered_[position.identity] = {position, number};
  by_path_[position.path].insert(position.identity);
  by_run_[RunKey(position.job, position.path)].insert(position.identity);
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
  EraseFrom(by_path_, result.position.path, file);
  EraseFrom(by_run_, RunKey(result.position.job, result.position.path), file);
  const auto age = ages_.find(file);
  by_age_.erase(age->second);
  ages_.erase(age);
  return result;
}

std::vector<const FilePosition*> FileRegistry::Found(const Index& index, std::string_view key) const {
  std::vector<const FilePosition*> positions;
  const auto entry = index.find(key);
  if (entry == index.end()) return positions;
  for (const FileIdentity& file : entry->second) positions.push_back(&remembered_.at(file).position);
  return positions;
}

std::vector<const FilePosition*> FileRegistry::At(const std::string& path) const { return Found(by_path_, path); }

std::vector<const FilePosition*> FileRegistry::OfRun(const std::string& job, std::string_view file_name) const {
  return Found(by_run_, RunKey(job, file_name));
}

std::vector<FileIdentity> FileRegistry::UnfinishedAt(const std::string& path) const {
  std::vector<FileIdentity> files;
  for (const FilePosition* const position : At(path)) {
    if (!position->complete) files.push_back(position->identity);
  }
  return files;
}

}  // namespace lossd::sources
