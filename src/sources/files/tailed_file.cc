#include "sources/files/tailed_file.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "os/gzip_file.h"
#include "os/posix_file_system.h"
#include "text/hash.h"

namespace lossd::sources {
namespace {

constexpr std::size_t kRereadChunk = 64 * 1024;

/// Reads until `least` bytes are there or the file ends: a short read alone says nothing about the file's length.
os::FileResult<std::size_t> ReadAtLeast(os::ReadableFile& file, std::uint64_t offset, std::span<char> buffer,
                                        std::size_t least) {
  std::size_t got = 0;
  do {
    const auto count = file.ReadAt(offset + got, buffer.subspan(got));
    if (!count) return count.error();
    if (*count == 0) break;
    got += *count;
  } while (got < least);
  return got;
}

bool StartsWith(std::string_view bytes, std::uint64_t count, std::uint64_t hash) {
  return count == 0 || (bytes.size() >= count && text::HashBytes(bytes.substr(0, count)) == hash);
}

std::string_view Prefix(std::span<const char> bytes, std::size_t count) {
  return std::string_view(bytes.data(), std::min(count, bytes.size()));
}

/// Of the file up to `end`, of which `head` is the beginning and `bytes` what lies at `bytes_start`.
ContentSignature SignatureAt(std::uint64_t end, std::string_view head, std::string_view bytes,
                             std::uint64_t bytes_start) {
  ContentSignature signature;
  signature.head_bytes = std::min<std::uint64_t>(head.size(), end);
  signature.head_hash = text::HashBytes(head.substr(0, signature.head_bytes));
  const std::string_view before = bytes.substr(0, static_cast<std::size_t>(end - bytes_start));
  signature.tail_bytes = std::min<std::uint64_t>(before.size(), ContentSignature::kTailBytes);
  signature.tail_hash = text::HashBytes(before.substr(before.size() - signature.tail_bytes));
  return signature;
}

}  // namespace

TailedFile::TailedFile(std::uint64_t id, FilePosition position, core::Labels labels,
                       const records::ReaderOptions& reader, std::size_t max_line)
    : id_(id),
      position_(std::move(position)),
      labels_(std::move(labels)),
      reader_options_(reader),
      open_path_(position_.path),
      max_line_(max_line),
      read_offset_(position_.offset),
      read_signature_(position_.signature),
      header_(position_.primer) {
  reader_options_.path_hint = position_.path;
  if (records::RewriteDeduplicator::Concern(position_.path)) deduplicator_.emplace(position_.fingerprints);
}

void TailedFile::Saw(const os::FileStatus& status) {
  seen_size_ = status.size;
  seen_modified_ns_ = status.modified_ns;
  if (status.size != read_offset_ || status.modified_ns != position_.modified_ns) changed_ = true;
  position_.size = status.size;
}

std::error_code TailedFile::Open(os::FileSystem& files, bool& replaced) {
  auto opened = files.Open(open_path_);
  if (!opened) return opened.error();
  const auto status = (*opened)->Status();
  if (!status) return status.error();
  if (FileIdentity{status->device, status->inode} != position_.identity) {
    replaced = true;
    return {};
  }
  stream_ = status->kind != os::FileKind::kRegular || os::IsStreamPath(open_path_);
  file_ = open_path_.ends_with(".gz") ? os::OpenGzip(std::move(*opened)) : std::move(*opened);
  return {};
}

FilePosition TailedFile::ReadPosition() const {
  FilePosition position = position_;
  position.offset = read_offset_;
  position.signature = read_signature_;
  return position;
}

os::FileResult<Match> MatchesSignature(os::ReadableFile& file, const FilePosition& position) {
  const ContentSignature& signature = position.signature;
  if (signature.head_bytes == 0 || signature.tail_bytes == 0) return Match::kNo;
  std::array<char, ContentSignature::kHeadBytes> buffer;
  const auto head = ReadAtLeast(file, 0, std::span(buffer).first(signature.head_bytes), signature.head_bytes);
  if (!head) return head.error();
  if (!StartsWith(Prefix(buffer, *head), signature.head_bytes, signature.head_hash)) return Match::kNo;
  const auto tail = ReadAtLeast(file, position.offset - signature.tail_bytes,
                                std::span(buffer).first(signature.tail_bytes), signature.tail_bytes);
  if (!tail) return tail.error();
  return StartsWith(Prefix(buffer, *tail), signature.tail_bytes, signature.tail_hash) ? Match::kYes : Match::kNo;
}

void TailedFile::MoveTo(const os::FileStatus& status) {
  file_.reset();
  position_.identity = {status.device, status.inode};
  open_path_ = position_.path;
  Saw(status);
}

TailedFile::ReadResult TailedFile::Read(os::FileSystem& files, std::span<char> buffer, std::vector<FileBatch>& batches,
                                        LineCounts& counts) {
  first_batch_ = batches.size();
  if (!file_ && !closed_) {
    bool replaced = false;
    if (const std::error_code error = Open(files, replaced)) return {Outcome::kFailed, 0, error};
    if (replaced) return {Outcome::kReplaced, 0, {}};
  }
  return stream_ ? ReadStream(buffer, batches, counts) : ReadRegular(buffer, batches, counts);
}

TailedFile::ReadResult TailedFile::ReadStream(std::span<char> buffer, std::vector<FileBatch>& batches,
                                              LineCounts& counts) {
  if (closed_) return {Outcome::kEnd, 0, {}};
  const auto count = file_->ReadAt(0, buffer);
  if (!count && count.error() == std::errc::resource_unavailable_try_again) return {Outcome::kEnd, 0, {}};
  if (!count) return {Outcome::kFailed, 0, count.error()};
  if (*count == 0) {
    const bool ends_for_good = os::IsStreamPath(open_path_);
    // A named pipe may get another writer; the one that has gone will not finish its line.
    if ((reader_ && reader_->offset() < read_offset_) || ends_for_good) Finish(batches, counts);
    if (!ends_for_good) return {Outcome::kEnd, 0, {}};
    FileBatch& last = CurrentBatch(nullptr, batches);
    last.finished = last.closed = true;
    last.writer = core::Writer::kGone;
    closed_ = true;
    return {Outcome::kClosed, 0, {}};
  }
  if (!reader_) MakeReader();
  catching_up_ = false;
  Feed(Prefix(buffer, *count), batches, counts);
  position_.size = read_offset_;
  return {Outcome::kMore, *count, {}};
}

TailedFile::ReadResult TailedFile::ReadRegular(std::span<char> buffer, std::vector<FileBatch>& batches,
                                               LineCounts& counts) {
  changed_ = false;
  catching_up_ = read_offset_ < history_end_;
  const std::size_t overlap = read_signature_.tail_bytes;
  std::size_t want = buffer.size() - overlap;
  if (catching_up_) want = static_cast<std::size_t>(std::min<std::uint64_t>(want, history_end_ - read_offset_));
  const auto got = ReadAtLeast(*file_, read_offset_ - overlap, buffer.subspan(0, overlap + want), overlap + 1);
  if (!got) return Failed(got.error());
  const std::string_view bytes = Prefix(buffer, *got);
  if (!StartsWith(bytes, overlap, read_signature_.tail_hash)) return StartOver(batches, counts);
  const std::string_view fresh = bytes.substr(overlap);

  // The head is looked at after the bytes were read: equal now, it was equal when they were read.
  std::array<char, ContentSignature::kHeadBytes> head_buffer;
  const std::size_t head_size =
      static_cast<std::size_t>(std::min<std::uint64_t>(head_buffer.size(), read_offset_ + fresh.size()));
  const auto head_got = ReadAtLeast(*file_, 0, std::span(head_buffer).first(head_size), head_size);
  if (!head_got) return Failed(head_got.error());
  const std::string_view head = Prefix(head_buffer, *head_got);
  if (head.size() < head_size || !StartsWith(head, read_signature_.head_bytes, read_signature_.head_hash)) {
    return StartOver(batches, counts);
  }
  verified_ = true;
  if (seen_modified_ns_ != 0) position_.modified_ns = seen_modified_ns_;
  if (fresh.empty()) return {Outcome::kEnd, 0, {}};
  if (!reader_) {
    MakeReader();
    if (const std::error_code error = ResumeReader()) {
      reader_.reset();
      return Failed(error);
    }
  }
  const std::uint64_t used_before = position_.offset, bytes_start = read_offset_ - overlap;
  Feed(fresh, batches, counts);
  counts.bytes += fresh.size();
  position_.size = std::max(position_.size, read_offset_);
  read_signature_ = SignatureAt(read_offset_, head, bytes, bytes_start);
  if (position_.offset != used_before) position_.signature = SignatureAt(position_.offset, head, bytes, bytes_start);
  if (deduplicator_) position_.fingerprints = deduplicator_->memory();
  for (std::size_t i = first_batch_; i < batches.size(); ++i) batches[i].position = position_;
  // A read may be short for any reason: only stat or a read of nothing tells the end.
  return {read_offset_ == seen_size_ ? Outcome::kEnd : Outcome::kMore, fresh.size(), {}};
}

TailedFile::ReadResult TailedFile::Failed(std::error_code error) {
  changed_ = true;
  if (error == std::error_code(ESTALE, std::generic_category())) file_.reset();  // a stale handle never heals
  return {Outcome::kFailed, 0, error};
}

TailedFile::ReadResult TailedFile::StartOver(std::vector<FileBatch>& batches, LineCounts& counts) {
  if (only_if_same_) return {Outcome::kReplaced, 0, {}};
  before_truncation_ = position_;
  // What was held back may have been cut in the middle of a number: it is lost with the bytes that were cut off.
  if (position_.offset < read_offset_) ++counts.ignored[records::Ignored::kUnparsable];
  if (reader_ && reader_->Resume({read_offset_, std::nullopt, true})) {
    while (const auto entry = reader_->Finish()) Take(entry.result, batches);
  }
  if (deduplicator_) {
    deduplicator_->StartOver();
    position_.fingerprints = deduplicator_->memory();
  }
  reader_.reset();
  read_offset_ = 0;
  read_signature_ = {};
  history_end_ = 0;
  starts_anywhere_ = false;
  changed_ = true;
  position_.offset = 0;
  if (seen_modified_ns_ != 0) position_.modified_ns = seen_modified_ns_;
  position_.signature = {};
  position_.primer = header_;
  seeks_truncated_part_ = true;
  return {Outcome::kTruncated, 0, {}};
}

void TailedFile::MakeReader() {
  reader_ = std::make_unique<readers::LogStream>(position_.path, reader_options_, max_line_);
  if (position_.primer.empty()) return;
  reader_->Push(position_.primer);
  while (reader_->Next()) continue;
  reader_->Resume({0, std::nullopt, true});
}

std::error_code TailedFile::ResumeReader() {
  const std::uint64_t end = position_.offset;
  if (end == 0) return {};
  const bool whole = end <= kWholePrefix;
  const std::uint64_t head = whole ? end : kPartialPrefix;
  if (const std::error_code error = ReadAgain(0, head)) return error;
  char before = '\0';
  const auto got = ReadAtLeast(*file_, end - 1, std::span(&before, 1), 1);
  if (!got) return got.error();
  if (!whole && reader_->Resume({end - kPartialPrefix, std::nullopt, false})) {
    if (const std::error_code error = ReadAgain(end - kPartialPrefix, end)) return error;
  }
  if (reader_->Resume({end, before, !starts_anywhere_})) return {};
  return ReadAgain(head, end);
}

/// Hands the reader what lies there, once more, and drops what that gives.
std::error_code TailedFile::ReadAgain(std::uint64_t begin, std::uint64_t end) {
  std::array<char, kRereadChunk> buffer;
  for (std::uint64_t at = begin; at < end;) {
    const std::size_t want = static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), end - at));
    const auto got = file_->ReadAt(at, std::span(buffer).first(want));
    if (!got) return got.error();
    if (*got == 0) return {};
    at += *got;
    reader_->Push(Prefix(buffer, *got));
    while (const auto entry = reader_->Next()) {
      NoteHeader(entry);
      outcome_.Read(entry.text, entry.result.samples);
    }
  }
  return {};
}

}  // namespace lossd::sources
