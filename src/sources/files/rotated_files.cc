#include "sources/files/rotated_files.h"

#include <algorithm>
#include <charconv>
#include <string_view>

#include "os/gzip_file.h"
#include "readers/job_name.h"

namespace lossd::sources {
namespace {

constexpr std::size_t kMostNames = 1000;

std::string_view Stem(std::string_view name, std::string_view extension) {
  return name.size() > extension.size() && name.ends_with(extension) ? name.substr(0, name.size() - extension.size())
                                                                     : std::string_view();
}

bool IsGenerationOf(std::string_view name, std::string_view log) {
  if (name == log || !name.starts_with(log.substr(0, 1))) return false;
  if (readers::WithoutRotationSuffix(name) == log) return true;
  const std::size_t dot = log.rfind('.');
  if (dot == std::string_view::npos || dot == 0) return false;
  if (name.ends_with(".gz")) name.remove_suffix(3);
  const std::string_view stem = Stem(name, log.substr(dot));
  return !stem.empty() && stem != log.substr(0, dot) && readers::WithoutRotationSuffix(stem) == log.substr(0, dot);
}

/// N of "log.N" or "log.N.gz"; 0 where the suffix is no number.
long RotationNumber(std::string_view path) {
  if (path.ends_with(".gz")) path.remove_suffix(3);
  const std::size_t dot = path.rfind('.');
  long number = 0;
  if (dot != std::string_view::npos && path.size() - dot <= 5) {
    std::from_chars(path.data() + dot + 1, path.data() + path.size(), number);
  }
  return number;
}

}  // namespace

os::FileResult<std::vector<RotatedFile>> FindRotatedFiles(os::FileSystem& files, const std::string& path) {
  const std::size_t slash = path.rfind('/');
  const std::string directory = slash == std::string::npos ? "." : path.substr(0, std::max<std::size_t>(slash, 1));
  const std::string prefix = slash == std::string::npos ? "" : path.substr(0, slash + 1);
  const std::string_view log = std::string_view(path).substr(prefix.size());
  std::vector<RotatedFile> found;
  const auto entries = files.List(directory);
  if (!entries && entries.error() == std::errc::no_such_file_or_directory) return found;
  if (!entries) return entries.error();
  for (const os::DirectoryEntry& entry : *entries) {
    if (!IsGenerationOf(entry.name, log)) continue;
    const auto status = files.Status(prefix + entry.name);
    if (!status && status.error() != std::errc::no_such_file_or_directory) return status.error();
    if (!status || status->kind != os::FileKind::kRegular) continue;
    found.push_back({prefix + entry.name, *status, entry.name.ends_with(".gz")});
    if (found.size() == kMostNames) break;
  }
  std::sort(found.begin(), found.end(), [](const RotatedFile& a, const RotatedFile& b) {
    if (a.status.modified_ns != b.status.modified_ns) return a.status.modified_ns < b.status.modified_ns;
    const long number_a = RotationNumber(a.path), number_b = RotationNumber(b.path);
    return number_a != number_b ? number_a > number_b : a.path < b.path;
  });
  return found;
}

os::FileResult<std::unique_ptr<os::ReadableFile>> OpenRotated(os::FileSystem& files, const RotatedFile& file) {
  auto opened = files.Open(file.path);
  if (!opened || !file.compressed) return opened;
  return os::OpenGzip(std::move(*opened));
}

bool IsGone(os::FileSystem& files, const FilePosition& position) {
  const auto is_it = [&](const os::FileStatus& status) {
    return FileIdentity{status.device, status.inode} == position.identity;
  };
  const auto status = files.Status(position.path);
  if (!status && status.error() != std::errc::no_such_file_or_directory) return false;
  if (status && is_it(*status)) return false;
  const auto rotated = FindRotatedFiles(files, position.path);
  return rotated &&
         std::none_of(rotated->begin(), rotated->end(), [&](const RotatedFile& file) { return is_it(file.status); });
}

}  // namespace lossd::sources
