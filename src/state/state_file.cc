#include "state/state_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <utility>

namespace lossd::state {
namespace {

constexpr std::string_view kMagic = "lossdsta";
constexpr std::size_t kHeaderBytes = 24;

std::error_code LastError() { return {errno, std::generic_category()}; }

void PutInteger(std::string& out, std::uint64_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) out.push_back(static_cast<char>(value >> (8 * i)));
}

std::uint64_t GetInteger(std::string_view bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = bytes.size(); i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[i]);
  return value;
}

std::uint32_t Checksum(std::uint64_t version, std::string_view body) {
  const auto extend = [](uLong crc, std::string_view bytes) {
    return crc32_z(crc, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size());
  };
  std::string prefix;
  PutInteger(prefix, version, 4);
  return static_cast<std::uint32_t>(extend(extend(0, prefix), body));
}

/// Closes on every way out.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (number_ >= 0) close(number_);
  }
  int get() const { return number_; }
  /// Some file systems (NFS) tell of a full disk only here.
  std::error_code Close() { return close(std::exchange(number_, -1)) == 0 ? std::error_code() : LastError(); }

 private:
  int number_;
};

std::error_code SyncDirectoryOf(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  const std::string directory = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const Descriptor opened(open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (opened.get() < 0) return LastError();
  // Not every file system can sync a directory; those that say so keep their renames anyway.
  if (fsync(opened.get()) != 0 && errno != EINVAL && errno != ENOTSUP) return LastError();
  return {};
}

}  // namespace

boost::system::result<std::string, std::error_code> PosixStateDisk::Read(const std::string& path) {
  // Whatever else may lie there in place of our file (a FIFO, a link to another's) is not followed and not waited for.
  const Descriptor file(open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC));
  if (file.get() < 0) return LastError();
  struct stat status {};
  if (fstat(file.get(), &status) != 0) return LastError();
  if (!S_ISREG(status.st_mode)) return std::make_error_code(std::errc::invalid_argument);
  constexpr off_t kExpected = off_t{4} << 30;  // a file may claim any size
  std::string bytes;
  bytes.reserve(static_cast<std::size_t>(std::min(status.st_size, kExpected)));
  std::array<char, 64 * 1024> buffer;
  while (true) {
    const ssize_t got = read(file.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return LastError();
    if (got == 0) return bytes;
    bytes.append(buffer.data(), static_cast<std::size_t>(got));
  }
}

std::error_code PosixStateDisk::Write(const std::string& path, std::string_view bytes) {
  // A file of our own making: what lies there, be it a link or a FIFO, goes away and is not written to.
  if (unlink(path.c_str()) != 0 && errno != ENOENT) return LastError();
  Descriptor file(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (file.get() < 0) return LastError();
  while (!bytes.empty()) {
    const ssize_t written = write(file.get(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return LastError();
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  if (fsync(file.get()) != 0) return LastError();
  return file.Close();
}

std::error_code PosixStateDisk::Rename(const std::string& from, const std::string& to) {
  if (rename(from.c_str(), to.c_str()) != 0) return LastError();
  return SyncDirectoryOf(to);
}

bool PosixStateDisk::Exists(const std::string& path) {
  struct stat status {};
  return lstat(path.c_str(), &status) == 0;
}

std::string_view Name(StateOutcome outcome) {
  constexpr std::array<std::string_view, 6> kNames = {"loaded", "absent", "unreadable", "damaged", "foreign", "newer"};
  return kNames[static_cast<std::size_t>(outcome)];
}

StateFile::StateFile(StateDisk& disk, std::string directory) : disk_(disk), path_(std::move(directory) + "/state") {}

LoadedState StateFile::Load() {
  auto bytes = disk_.Read(path_);
  if (!bytes) {
    if (bytes.error() == std::errc::no_such_file_or_directory) return {};
    return {StateOutcome::kUnreadable, "", path_ + " cannot be read: " + bytes.error().message()};
  }
  const std::string_view view = *bytes;
  if (view.substr(0, kMagic.size()) != kMagic.substr(0, view.size())) {
    return SetAside(StateOutcome::kForeign, "is not a state of lossd");
  }
  if (view.size() < kHeaderBytes) return SetAside(StateOutcome::kDamaged, "is cut short");
  const std::uint64_t version = GetInteger(view.substr(8, 4));
  if (version > kVersion) {
    return SetAside(StateOutcome::kNewer, "has version " + std::to_string(version) +
                                              ", of a later lossd; this one knows " + std::to_string(kVersion));
  }
  if (version < kVersion) {
    return SetAside(StateOutcome::kForeign, "has version " + std::to_string(version) +
                                                ", of an earlier lossd; this one knows " + std::to_string(kVersion));
  }
  const std::string_view body = view.substr(kHeaderBytes);
  const std::uint64_t length = GetInteger(view.substr(16, 8));
  if (body.size() != length) {
    return SetAside(StateOutcome::kDamaged,
                    "holds " + std::to_string(body.size()) + " bytes of " + std::to_string(length));
  }
  if (Checksum(version, body) != GetInteger(view.substr(12, 4)))
    return SetAside(StateOutcome::kDamaged, "has a wrong checksum");
  bytes->erase(0, kHeaderBytes);
  return {StateOutcome::kLoaded, *std::move(bytes), ""};
}

LoadedState StateFile::SetAside(const std::string& reason) { return SetAside(StateOutcome::kDamaged, reason); }

LoadedState StateFile::SetAside(StateOutcome outcome, const std::string& reason) {
  int number = 1;
  while (number < kMostSetAside && disk_.Exists(path_ + ".damaged-" + std::to_string(number))) ++number;
  const std::string aside = path_ + ".damaged-" + std::to_string(number);
  const std::error_code error = disk_.Rename(path_, aside);
  const std::string where = error ? " (and cannot be set aside: " + error.message() + ")" : "; set aside as " + aside;
  return {outcome, "", path_ + " " + reason + where + "; starting without it"};
}

std::error_code StateFile::Save(std::vector<std::string> body) {
  std::size_t size = 0;
  for (const std::string& piece : body) size += piece.size();
  std::string bytes;
  bytes.reserve(kHeaderBytes + size);
  bytes.resize(kHeaderBytes);
  // Each is let go once it is copied: the whole is in memory once, and not twice.
  for (std::string& piece : body) bytes += std::exchange(piece, {});
  std::string header(kMagic);
  PutInteger(header, kVersion, 4);
  PutInteger(header, Checksum(kVersion, std::string_view(bytes).substr(kHeaderBytes)), 4);
  PutInteger(header, size, 8);
  bytes.replace(0, kHeaderBytes, header);
  const std::string temporary = path_ + ".new";
  if (const std::error_code error = disk_.Write(temporary, bytes)) return error;
  return disk_.Rename(temporary, path_);
}

}  // namespace lossd::state
