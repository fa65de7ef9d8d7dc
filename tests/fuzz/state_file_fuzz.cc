// A state file on disk, of any version, as it is and behind a checksum that is right; and the positions of files that
// its cursors are.
#include <zlib.h>

#include <cstring>
#include <map>
#include <string>
#include <string_view>

#include "core/job_table.h"
#include "core/state_codec.h"
#include "fuzz/require.h"
#include "sources/files/file_position.h"
#include "state/saved_state.h"
#include "state/state_file.h"

namespace {

using lossd::fuzz::Require;
using namespace lossd;

class MemoryDisk : public state::StateDisk {
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

std::string LittleEndian(std::uint64_t number, std::size_t size) {
  std::string bytes;
  for (std::size_t i = 0; i < size; ++i) bytes += static_cast<char>(number >> (8 * i));
  return bytes;
}

/// The layout at the top of state/state_file.h.
std::string FileOf(std::uint32_t version, const std::string& body) {
  const std::string checked = LittleEndian(version, 4) + body;
  const auto sum = crc32(0, reinterpret_cast<const Bytef*>(checked.data()), static_cast<uInt>(checked.size()));
  return "lossdsta" + LittleEndian(version, 4) + LittleEndian(sum, 4) + LittleEndian(body.size(), 8) + body;
}

state::LoadedState Load(const std::string& bytes) {
  MemoryDisk disk;
  state::StateFile file(disk, "d");
  disk.files[file.path()] = bytes;
  const state::LoadedState loaded = file.Load();
  Require((loaded.outcome == state::StateOutcome::kLoaded) == loaded.message.empty());
  Require(disk.files.size() == 1);  // it is where it was, or set aside
  return loaded;
}

void Use(const state::LoadedState& loaded) {
  core::JobTable jobs({}, {});
  const core::Instant now{std::chrono::hours(1), core::Timestamp(std::chrono::seconds(1'790'000'000))};
  const auto decoded = state::DecodeState(loaded.body, jobs, now);
  if (!decoded) return Require(jobs.jobs().empty());
  for (const core::Cursor& cursor : decoded->cursors) {
    core::StateReader in(cursor.value);
    sources::FilePosition position;
    if (!position.Load(in)) continue;
    core::StateWriter out;
    position.Save(out);
    const std::string saved = out.Take();
    core::StateReader again(saved);
    sources::FilePosition other;
    Require(other.Load(again) && other == position);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string bytes = fuzz::Text(data, size);
  Load(bytes);
  if (bytes.empty()) return 0;
  const std::uint32_t version = static_cast<unsigned char>(bytes[0]) % (state::StateFile::kVersion + 2);
  const std::string body = bytes.substr(1);
  const auto loaded = Load(FileOf(version, body));
  const bool ours = version == state::StateFile::kVersion;
  Require((loaded.outcome == state::StateOutcome::kLoaded) == ours);
  if (ours) Use(loaded);
  core::StateReader in(body);
  sources::FilePosition position;
  position.Load(in);
  return 0;
}
