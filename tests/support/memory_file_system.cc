#include "support/memory_file_system.h"

#include <algorithm>
#include <cstring>
#include <set>

namespace lossd::test {

using os::DirectoryEntry;
using os::FileKind;
using os::FileResult;
using os::FileStatus;
using os::ReadableFile;

constexpr std::int64_t kMadeAtFirst = 1;

class MemoryFile : public os::ReadableFile {
 public:
  MemoryFile(MemoryFileSystem& files, MemoryFileSystem::Handle inode, std::string path)
      : files_(files), inode_(std::move(inode)), path_(std::move(path)), open_files_(files.open_files_) {
    ++*open_files_;
  }
  ~MemoryFile() override { --*open_files_; }

  os::FileResult<std::size_t> ReadAt(std::uint64_t offset, std::span<char> buffer) override {
    if (const auto fault = files_.Fault(MemoryFileSystem::Operation::kRead, path_)) return std::make_error_code(*fault);
    if (inode_->fifo) offset = 0;
    if (offset >= inode_->bytes.size()) {
      if (inode_->fifo && inode_->has_writer) return std::make_error_code(std::errc::resource_unavailable_try_again);
      return std::size_t{0};
    }
    std::size_t count = std::min(buffer.size(), inode_->bytes.size() - static_cast<std::size_t>(offset));
    if (files_.most_per_read_ > 0) count = std::min(count, files_.most_per_read_);
    std::memcpy(buffer.data(), inode_->bytes.data() + offset, count);
    if (inode_->fifo) inode_->bytes.erase(0, count);
    files_.bytes_read_ += count;
    return count;
  }
  os::FileResult<os::FileStatus> Status() override { return files_.StatusOf(*inode_); }

 private:
  MemoryFileSystem& files_;
  MemoryFileSystem::Handle inode_;
  std::string path_;
  std::shared_ptr<int> open_files_;
};

std::string MemoryFileSystem::Target(const std::string& path) const {
  std::string resolved = path;
  for (int hops = 0; hops < 8; ++hops) {
    bool changed = false;
    for (const auto& [link, target] : symlinks_) {
      if (resolved == link || resolved.starts_with(link + "/")) {
        resolved = target + resolved.substr(link.size());
        changed = true;
        break;
      }
    }
    if (!changed) break;
  }
  return resolved;
}

bool MemoryFileSystem::IsDirectory(const std::string& path) const {
  if (path == "/" || made_directories_.contains(path)) return true;
  const std::string prefix = path + "/";
  const auto below = files_.lower_bound(prefix);
  if (below != files_.end() && below->first.starts_with(prefix)) return true;
  const auto link = symlinks_.lower_bound(prefix);
  return link != symlinks_.end() && link->first.starts_with(prefix);
}

void MemoryFileSystem::TouchDirectoryOf(std::string path) {
  bool exists = false;
  while (!exists && path != "/") {
    path = path.substr(0, std::max<std::size_t>(path.rfind('/'), 1));
    exists = IsDirectory(path);
    ++now_ns_;
    if (directory_time_step_ > 0) directory_times_[path] = now_ns_ - now_ns_ % directory_time_step_;
  }
}

MemoryFileSystem::Handle MemoryFileSystem::Create(const std::string& path, std::string_view bytes) {
  if (!files_.contains(Target(path))) TouchDirectoryOf(Target(path));
  Handle& file = files_[Target(path)];
  if (!file) {
    file = std::make_shared<Inode>();
    std::size_t number = 0;
    while (number < inodes_.size() && !inodes_[number].expired()) ++number;
    if (number == inodes_.size()) inodes_.emplace_back();
    inodes_[number] = file;
    file->number = number + 1;
    file->links = 1;
    Touch(*file);
  }
  Append(file, bytes);
  return file;
}

void MemoryFileSystem::Append(const std::string& path, std::string_view bytes) { Create(path, bytes); }

void MemoryFileSystem::Append(const Handle& handle, std::string_view bytes) {
  if (bytes.empty()) return;
  handle->bytes.append(bytes);
  Touch(*handle);
}

void MemoryFileSystem::Truncate(const std::string& path, std::uint64_t size) {
  Inode& file = *files_.at(Target(path));
  file.bytes.resize(static_cast<std::size_t>(size));
  Touch(file);
}

void MemoryFileSystem::Overwrite(const std::string& path, std::string_view bytes) {
  Inode& file = *files_.at(Target(path));
  file.bytes = bytes;
  Touch(file);
}

void MemoryFileSystem::Unlink(const std::string& path) {
  const auto file = files_.find(path);
  if (file == files_.end()) return;
  --file->second->links;
  files_.erase(file);
  TouchDirectoryOf(path);
}

void MemoryFileSystem::Rename(const std::string& from, const std::string& to) {
  if (const auto file = files_.find(from); file != files_.end()) {
    Handle moved = file->second;
    files_.erase(file);
    TouchDirectoryOf(from);
    Unlink(to);
    TouchDirectoryOf(to);
    files_[to] = std::move(moved);
    return;
  }
  std::vector<std::pair<std::string, Handle>> moved;
  for (const auto& [path, file] : files_) {
    if (path.starts_with(from + "/")) moved.emplace_back(path, file);
  }
  for (auto& [path, file] : moved) {
    files_.erase(path);
    TouchDirectoryOf(path);
    TouchDirectoryOf(to + path.substr(from.size()));
    files_[to + path.substr(from.size())] = std::move(file);
  }
}

void MemoryFileSystem::Copy(const std::string& from, const std::string& to) {
  const std::string bytes = Contents(from);
  Unlink(to);
  Create(to, bytes);
}

void MemoryFileSystem::Remove(const std::string& path) {
  if (symlinks_.erase(path) > 0) return TouchDirectoryOf(path);
  Unlink(path);
}

void MemoryFileSystem::Link(const std::string& existing, const std::string& path) {
  Handle file = files_.at(Target(existing));
  ++file->links;
  TouchDirectoryOf(path);
  files_[path] = std::move(file);
}

void MemoryFileSystem::Symlink(const std::string& target, const std::string& path) {
  TouchDirectoryOf(path);
  symlinks_[path] = target;
}

void MemoryFileSystem::MakeDirectory(const std::string& path) {
  TouchDirectoryOf(path);
  made_directories_[path] = true;
}

void MemoryFileSystem::MakeFifo(const std::string& path) { Create(path)->fifo = true; }

std::string MemoryFileSystem::Contents(const std::string& path) { return files_.at(Target(path))->bytes; }

void MemoryFileSystem::Fail(Operation operation, const std::string& path, std::errc error) {
  faults_[{operation, path}] = error;
}

void MemoryFileSystem::FailNext(Operation operation, std::errc error, int count) {
  next_faults_[operation] = {error, count};
}

void MemoryFileSystem::Heal() {
  faults_.clear();
  next_faults_.clear();
}

std::optional<std::errc> MemoryFileSystem::Fault(Operation operation, const std::string& path) {
  if (const auto fault = faults_.find({operation, path}); fault != faults_.end()) return fault->second;
  if (const auto next = next_faults_.find(operation); next != next_faults_.end() && next->second.count > 0) {
    --next->second.count;
    return next->second.error;
  }
  return std::nullopt;
}

os::FileStatus MemoryFileSystem::StatusOf(const Inode& inode) const {
  os::FileStatus status;
  status.device = 1;
  status.inode = inode.number;
  status.size = inode.fifo ? 0 : inode.bytes.size();
  status.modified_ns = inode.modified_ns;
  status.links = inode.links;
  status.kind = inode.fifo ? os::FileKind::kFifo : os::FileKind::kRegular;
  return status;
}

os::FileResult<os::FileStatus> MemoryFileSystem::Status(const std::string& path) {
  ++status_calls_;
  if (const auto fault = Fault(Operation::kStatus, path)) return std::make_error_code(*fault);
  const std::string resolved = Target(path);
  if (const auto file = files_.find(resolved); file != files_.end()) return StatusOf(*file->second);
  if (IsDirectory(resolved)) {
    os::FileStatus status;
    status.device = 2;
    status.inode = std::hash<std::string>()(resolved);
    status.kind = os::FileKind::kDirectory;
    const auto time = directory_times_.find(resolved);
    status.modified_ns = time == directory_times_.end() ? kMadeAtFirst : time->second;
    return status;
  }
  return std::make_error_code(std::errc::no_such_file_or_directory);
}

os::FileResult<std::unique_ptr<os::ReadableFile>> MemoryFileSystem::Open(const std::string& path) {
  if (const auto fault = Fault(Operation::kOpen, path)) return std::make_error_code(*fault);
  const auto file = files_.find(Target(path));
  if (file == files_.end()) return std::make_error_code(std::errc::no_such_file_or_directory);
  return std::unique_ptr<os::ReadableFile>(std::make_unique<MemoryFile>(*this, file->second, path));
}

os::FileResult<std::vector<os::DirectoryEntry>> MemoryFileSystem::List(const std::string& directory) {
  ++list_calls_;
  if (const auto fault = Fault(Operation::kList, directory)) return std::make_error_code(*fault);
  const std::string resolved = Target(directory);
  if (files_.contains(resolved)) return std::make_error_code(std::errc::not_a_directory);
  if (!IsDirectory(resolved)) return std::make_error_code(std::errc::no_such_file_or_directory);
  const std::string prefix = resolved == "/" ? "/" : resolved + "/";
  std::set<std::string> names, directories;
  const auto take = [&](const std::string& path, bool is_directory) {
    if (!path.starts_with(prefix) || path.size() == prefix.size()) return;
    const std::string rest = path.substr(prefix.size());
    const std::string name = rest.substr(0, rest.find('/'));
    names.insert(name);
    if (is_directory || name.size() < rest.size()) directories.insert(name);
  };
  for (const auto& [path, file] : files_) take(path, false);
  for (const auto& [path, target] : symlinks_) take(path, true);
  for (const auto& [path, made] : made_directories_) take(path, true);
  std::vector<os::DirectoryEntry> entries;
  for (const std::string& name : names) entries.push_back({name, directories.contains(name)});
  return entries;
}

}  // namespace lossd::test
