// A state file on disk: the bytes as they are, as a body of this version and of its neighbours behind a checksum that
// is right, and as the position of a file, which is what its cursors are.
#include <zlib.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "core/job_table.h"
#include "core/state_codec.h"
#include "fuzz/require.h"
#include "sources/files/file_position.h"
#include "state/saved_state.h"
#include "state/state_file.h"
#include "support/memory_state_disk.h"

namespace {

using lossd::fuzz::Require;
using namespace lossd;

constexpr std::uint32_t kVersion = state::StateFile::kVersion;

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
  state::MemoryStateDisk disk;
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
  const state::LoadedState ours = Load(FileOf(kVersion, bytes));
  Require(ours.outcome == state::StateOutcome::kLoaded && ours.body == bytes);
  Use(ours);
  Require(Load(FileOf(kVersion - 1, bytes)).outcome == state::StateOutcome::kForeign);
  Require(Load(FileOf(kVersion + 1, bytes)).outcome == state::StateOutcome::kNewer);
  core::StateReader in(bytes);
  sources::FilePosition position;
  position.Load(in);
  return 0;
}
