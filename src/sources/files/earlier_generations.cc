// Where a followed log looks for files that came before the one at its path: the part of TailedPath that knows how
// rotations leave their files behind.
#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "os/error_name.h"
#include "sources/files/tailed_path.h"

namespace lossd::sources {

/// Whether `file`, whose identity this is, is read already or was read. A number alone does not say so: numbers of
/// deleted files are given again.
os::FileResult<Match> TailedPath::IsKnown(const FileIdentity& identity, os::ReadableFile& file) const {
  if (const TailedPath* reader = state_.registry.ReaderOf(identity)) {
    for (const TailedFile& known : reader->generations_) {
      if (known.identity() == identity) return known.is_open() ? Match::kYes : Holds(file, known.ReadPosition());
    }
    return Match::kNo;
  }
  const auto known = state_.registry.remembered().find(identity);
  return known == state_.registry.remembered().end() ? Match::kNo : Holds(file, known->second.position);
}

/// Before the file that has arrived at the path there may be others with unread bytes: those that we (or an earlier
/// process) stopped in, and those that came and went between two looks.
std::error_code TailedPath::FindEarlierGenerations(const std::optional<os::FileStatus>& arrived) {
  const bool has_previous = !generations_.empty();
  std::vector<FileIdentity> unfinished = state_.registry.UnfinishedAt(path());
  bool resumes = false;
  std::optional<std::int64_t> namesake;  // when the file that had the number of the one that has arrived was changed
  if (arrived && std::erase(unfinished, IdentityOf(*arrived)) > 0) {
    // The number may have been given again, and then there may well be files between that one and this one.
    const auto file = state_.files.Open(path());
    if (!file) return file.error();
    const FilePosition& position = state_.registry.remembered().at(IdentityOf(*arrived)).position;
    const auto same = Holds(**file, position);
    if (!same) return same.error();
    resumes = *same == Match::kYes;
    if (!resumes) namesake = position.modified_ns;
  }
  if (!has_previous && unfinished.empty() && !namesake) return {};
  auto found = FindRotatedFiles(state_.files, path());
  if (!found) return found.error();
  std::vector<RotatedFile>& rotated = *found;
  const std::size_t previous = generations_.size() - 1;
  const bool lost = has_previous && !generations_[previous].is_open();
  const auto look_behind_link = [&](const FilePosition& position) {
    const auto status = state_.files.Status(position.real_path);
    if (!status || IdentityOf(*status) != position.identity) return;
    rotated.insert(rotated.begin(), {position.real_path, *status, false});
  };
  if (lost) look_behind_link(generations_[previous].position());
  for (const FileIdentity& file : unfinished) look_behind_link(state_.registry.remembered().at(file).position);
  if (arrived) {
    std::erase_if(rotated, [&](const RotatedFile& file) { return IdentityOf(file.status) == IdentityOf(*arrived); });
  }

  // Looked at first, changed afterwards: with an error on the way it is all to be asked for again.
  std::int64_t newest_known =
      std::max(has_previous ? generations_[previous].position().modified_ns : 0, namesake.value_or(0));
  std::size_t behind = 0;  // index behind the oldest file that we know, 0 where it is not among them
  std::vector<const RotatedFile*> resumed;
  const RotatedFile* previous_place = nullptr;
  for (std::size_t i = 0; i < rotated.size(); ++i) {
    const FileIdentity identity = IdentityOf(rotated[i].status);
    const bool is_previous = has_previous && generations_[previous].identity() == identity;
    if (!is_previous && std::find(unfinished.begin(), unfinished.end(), identity) == unfinished.end()) continue;
    if (!is_previous || lost) {
      const auto file = OpenRotated(state_.files, rotated[i]);
      if (!file && os::IsAbsence(file.error())) continue;
      if (!file) return file.error();
      const auto same = IsKnown(identity, **file);
      if (!same) return same.error();
      const auto copy = IsCopyOfOurs(**file);
      if (!copy) return copy.error();
      // Of a file of which nothing was read only its number is known.
      const bool unread = is_previous ? generations_[previous].read_offset() == 0
                                      : state_.registry.remembered().at(identity).position.offset == 0;
      if (*same == Match::kNo && !(unread && *copy == Match::kNo)) continue;
    }
    if (behind == 0) behind = i + 1;
    if (is_previous) {
      previous_place = &rotated[i];
    } else {
      resumed.push_back(&rotated[i]);
      std::erase(unfinished, identity);
    }
  }
  for (const FileIdentity& identity : unfinished) {
    newest_known = std::max(newest_known, state_.registry.remembered().at(identity).position.modified_ns);
  }
  // Nothing came between a file that we stopped in and itself.
  std::vector<const RotatedFile*> missed;
  if (!resumes) {
    auto unseen = FindMissed(rotated, behind, behind > 0 ? 0 : newest_known);
    if (!unseen) return unseen.error();
    missed = std::move(*unseen);
  }
  if (lost && previous_place != nullptr) generations_[previous].SetOpenPath(previous_place->path);
  std::size_t index = generations_.size();
  // What is not there any more may be there in compressed form.
  if (lost && previous_place == nullptr && AddCompressed(rotated, generations_[previous].position(), 0, index)) {
    generations_[previous].MarkComplete();
    ++index;
  }
  for (const FileIdentity& identity : unfinished) {
    const auto known = state_.registry.remembered().at(identity);
    if (!AddCompressed(rotated, known.position, known.number, index)) continue;
    state_.registry.Recall(identity);
    ++index;
  }
  for (const RotatedFile& file : rotated) {
    if (std::find(resumed.begin(), resumed.end(), &file) != resumed.end()) {
      auto known = state_.registry.Recall(IdentityOf(file.status));
      Insert(index++, std::move(known->position), known->number).SetOpenPath(file.path);
    } else if (std::find(missed.begin(), missed.end(), &file) != missed.end()) {
      InsertMissed(index++, file);
    }
  }
  return {};
}

void TailedPath::InsertMissed(std::size_t index, const RotatedFile& file) {
  FilePosition position;
  position.identity = IdentityOf(file.status);
  position.modified_ns = file.status.modified_ns;
  Insert(index, std::move(position), 0).SetOpenPath(file.path);
}

/// Takes up the oldest compressed file that may hold what is unread behind `position`: whether it does is seen when it
/// is read.
bool TailedPath::AddCompressed(const std::vector<RotatedFile>& rotated, const FilePosition& position,
                               std::uint64_t number, std::size_t index) {
  if (position.offset == 0) return false;
  for (const RotatedFile& candidate : rotated) {
    const FileIdentity identity = IdentityOf(candidate.status);
    // gzip keeps the time of the last change, some other tools only to the second.
    if (!candidate.compressed || candidate.status.modified_ns / 1'000'000'000 < position.modified_ns / 1'000'000'000)
      continue;
    if (state_.registry.ReaderOf(identity) != nullptr || state_.registry.Remembers(identity)) continue;
    FilePosition inside = position;
    inside.identity = identity;
    TailedFile& file = Insert(index, std::move(inside), number);
    file.SetOpenPath(candidate.path);
    file.OnlyIfSame();
    return true;
  }
  return false;
}

/// Files that came and went unseen, from `first` on and changed after `newer_than`. A copy of what we read is none: see
/// AddTruncatedPart.
os::FileResult<std::vector<const RotatedFile*>> TailedPath::FindMissed(const std::vector<RotatedFile>& rotated,
                                                                       std::size_t first,
                                                                       std::int64_t newer_than) const {
  std::vector<const RotatedFile*> missed;
  for (std::size_t i = first; i < rotated.size(); ++i) {
    if (rotated[i].status.modified_ns <= newer_than) continue;
    // Where nothing but its time speaks for a file, that of a compressed one may be when it was compressed.
    if (rotated[i].compressed && newer_than > 0) continue;
    const auto file = OpenRotated(state_.files, rotated[i]);
    if (!file && os::IsAbsence(file.error())) continue;
    if (!file) return file.error();
    const auto known = IsKnown(IdentityOf(rotated[i].status), **file);
    if (!known) return known.error();
    const auto copy = IsCopyOfOurs(**file);
    if (!copy) return copy.error();
    if (*known == Match::kNo && *copy == Match::kNo) missed.push_back(&rotated[i]);
  }
  return missed;
}

/// The file at `index` was truncated. What had not been read of it may be in a copy (copytruncate), and in copies made
/// since: these are put before it.
std::error_code TailedPath::AddTruncatedPart(std::size_t index) {
  const FilePosition before = generations_[index].before_truncation();
  const auto rotated = FindRotatedFiles(state_.files, path());
  if (!rotated) return rotated.error();
  for (std::size_t i = rotated->size(); i-- > 0;) {
    const RotatedFile& candidate = (*rotated)[i];
    if (before.offset == 0) break;
    const auto file = OpenRotated(state_.files, candidate);
    if (!file && !os::IsAbsence(file.error())) return file.error();
    if (!file) continue;
    const auto known = IsKnown(IdentityOf(candidate.status), **file);
    if (!known) return known.error();
    const auto holds = Holds(**file, before);
    if (!holds) return holds.error();
    if (*known == Match::kYes || *holds == Match::kNo) continue;
    const auto missed = FindMissed(*rotated, i + 1, 0);
    if (!missed) return missed.error();
    for (std::size_t k = missed->size(); k-- > 0;) InsertMissed(index, *(*missed)[k]);
    FilePosition position = before;
    position.identity = IdentityOf(candidate.status);
    position.modified_ns = candidate.status.modified_ns;
    TailedFile& copy = Insert(index, std::move(position), 0);
    copy.SetOpenPath(candidate.path);
    copy.OnlyIfSame();
    return {};
  }
  const auto missed = FindMissed(*rotated, 0, before.modified_ns);
  if (!missed) return missed.error();
  for (std::size_t k = missed->size(); k-- > 0;) InsertMissed(index, *(*missed)[k]);
  return {};
}

/// Finds a rotated file under the name that it has now.
bool TailedPath::Relocate(TailedFile& file) {
  const auto rotated = FindRotatedFiles(state_.files, path());
  if (!rotated) return false;
  const auto place = std::find_if(rotated->begin(), rotated->end(), [&](const RotatedFile& candidate) {
    return IdentityOf(candidate.status) == file.identity() && candidate.path != file.open_path();
  });
  if (place == rotated->end()) return false;
  file.SetOpenPath(place->path);
  return true;
}

}  // namespace lossd::sources
