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
      if (known.identity() == identity)
        return known.is_open() ? Match::kYes : MatchesSignature(file, known.ReadPosition());
    }
    return Match::kNo;
  }
  const auto known = state_.registry.remembered().find(identity);
  return known == state_.registry.remembered().end() ? Match::kNo : MatchesSignature(file, known->second.position);
}

/// What a search for earlier generations has found so far. Nothing is changed before all of it is known: with an error
/// on the way, it is all to be asked for again.
struct TailedPath::EarlierSearch {
  bool has_previous = false;             ///< there is a generation before the file that has arrived
  std::size_t previous = 0;              ///< its index
  bool lost = false;                     ///< it is not open, and has to be found again
  std::vector<FileIdentity> unfinished;  ///< that we (or an earlier process) stopped in, and that are not yet found
  bool resumes = false;                  ///< the file that has arrived is one of these
  std::optional<std::int64_t> namesake;  ///< when the file that had the number of the one that has arrived was changed
  std::vector<RotatedFile> rotated;
  std::size_t behind = 0;  ///< index behind the oldest of `rotated` that we know, 0 where it is not among them
  const RotatedFile* previous_place = nullptr;
  std::vector<const RotatedFile*> resumed, missed;
};

/// Before the file that has arrived at the path there may be others with unread bytes: those that we (or an earlier
/// process) stopped in, and those that came and went between two looks.
std::error_code TailedPath::FindEarlierGenerations(const std::optional<os::FileStatus>& arrived) {
  EarlierSearch search;
  search.has_previous = !generations_.empty();
  search.previous = generations_.size() - 1;
  search.lost = search.has_previous && !generations_[search.previous].is_open();
  search.unfinished = state_.registry.UnfinishedAt(path());
  if (const std::error_code error = LookAtArrived(arrived, search)) return error;
  if (!search.has_previous && search.unfinished.empty() && !search.namesake) return {};
  if (const std::error_code error = ListRotated(arrived, search)) return error;
  for (std::size_t i = 0; i < search.rotated.size(); ++i) {
    if (const std::error_code error = PlaceKnown(i, search)) return error;
  }
  // Nothing came between a file that we stopped in and itself.
  if (!search.resumes) {
    auto unseen = FindMissed(search.rotated, search.behind, search.behind > 0 ? 0 : NewestKnown(search));
    if (!unseen) return unseen.error();
    search.missed = std::move(*unseen);
  }
  TakeUp(search);
  return {};
}

/// Whether the file that has arrived is one that we stopped in. Its number may have been given again, and then there
/// may well be files between that one and this one.
std::error_code TailedPath::LookAtArrived(const std::optional<os::FileStatus>& arrived, EarlierSearch& search) const {
  if (!arrived || std::erase(search.unfinished, IdentityOf(*arrived)) == 0) return {};
  const auto file = state_.files.Open(path());
  if (!file) return file.error();
  const FilePosition& position = state_.registry.remembered().at(IdentityOf(*arrived)).position;
  const auto same = MatchesSignature(**file, position);
  if (!same) return same.error();
  search.resumes = *same == Match::kYes;
  if (!search.resumes) search.namesake = position.modified_ns;
  return {};
}

/// The files beside the path, and those that a link at the path led to.
std::error_code TailedPath::ListRotated(const std::optional<os::FileStatus>& arrived, EarlierSearch& search) const {
  auto found = FindRotatedFiles(state_.files, path());
  if (!found) return found.error();
  search.rotated = std::move(*found);
  const auto look_behind_link = [&](const FilePosition& position) {
    const auto status = state_.files.Status(position.real_path);
    if (!status || IdentityOf(*status) != position.identity) return;
    search.rotated.insert(search.rotated.begin(), {position.real_path, *status, false});
  };
  if (search.lost) look_behind_link(generations_[search.previous].position());
  for (const FileIdentity& file : search.unfinished) {
    look_behind_link(state_.registry.remembered().at(file).position);
  }
  if (!arrived) return {};
  std::erase_if(search.rotated,
                [&](const RotatedFile& file) { return IdentityOf(file.status) == IdentityOf(*arrived); });
  return {};
}

/// Where the rotated file at `i` is the previous generation, or one that we stopped in: notes its place.
std::error_code TailedPath::PlaceKnown(std::size_t i, EarlierSearch& search) const {
  const RotatedFile& candidate = search.rotated[i];
  const FileIdentity identity = IdentityOf(candidate.status);
  const bool is_previous = search.has_previous && generations_[search.previous].identity() == identity;
  if (!is_previous && std::ranges::find(search.unfinished, identity) == search.unfinished.end()) return {};
  if (!is_previous || search.lost) {
    const auto file = OpenRotated(state_.files, candidate);
    if (!file && os::IsAbsence(file.error())) return {};
    if (!file) return file.error();
    const auto same = IsKnown(identity, **file);
    if (!same) return same.error();
    const auto copy = IsCopyOfOurs(**file);
    if (!copy) return copy.error();
    // Of a file of which nothing was read only its number is known.
    const bool unread = is_previous ? generations_[search.previous].read_offset() == 0
                                    : state_.registry.remembered().at(identity).position.offset == 0;
    if (*same == Match::kNo && !(unread && *copy == Match::kNo)) return {};
  }
  if (search.behind == 0) search.behind = i + 1;
  if (is_previous) {
    search.previous_place = &candidate;
  } else {
    search.resumed.push_back(&candidate);
    std::erase(search.unfinished, identity);
  }
  return {};
}

/// When the newest of the files that we know, and that are not found, was changed.
std::int64_t TailedPath::NewestKnown(const EarlierSearch& search) const {
  std::int64_t newest = search.namesake.value_or(0);
  if (search.has_previous) newest = std::max(newest, generations_[search.previous].position().modified_ns);
  for (const FileIdentity& identity : search.unfinished) {
    newest = std::max(newest, state_.registry.remembered().at(identity).position.modified_ns);
  }
  return newest;
}

/// Puts what was found behind the generations that there are.
void TailedPath::TakeUp(const EarlierSearch& search) {
  if (search.lost && search.previous_place != nullptr) {
    generations_[search.previous].SetOpenPath(search.previous_place->path);
  }
  std::size_t index = generations_.size();
  // What is not there any more may be there in compressed form.
  const bool gone = search.lost && search.previous_place == nullptr;
  if (gone && AddCompressed(search.rotated, generations_[search.previous].position(), 0, index)) {
    generations_[search.previous].MarkComplete();
    ++index;
  }
  for (const FileIdentity& identity : search.unfinished) {
    const auto known = state_.registry.remembered().at(identity);
    if (!AddCompressed(search.rotated, known.position, known.number, index)) continue;
    state_.registry.Recall(identity);
    ++index;
  }
  for (const RotatedFile& file : search.rotated) {
    if (std::ranges::find(search.resumed, &file) != search.resumed.end()) {
      auto known = state_.registry.Recall(IdentityOf(file.status));
      Insert(index++, std::move(known->position), known->number).SetOpenPath(file.path);
    } else if (std::ranges::find(search.missed, &file) != search.missed.end()) {
      InsertMissed(index++, file);
    }
  }
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
    const auto holds = MatchesSignature(**file, before);
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
