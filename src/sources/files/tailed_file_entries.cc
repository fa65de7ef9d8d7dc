// What the lines and records of a followed file come to: the part of TailedFile that knows what a batch is.
#include <utility>

#include "sources/files/tailed_file.h"

namespace lossd::sources {
namespace {

bool IsOfTable(const readers::LineResult& result) {
  return result.format == "csv" || result.format == "tsv" || result.format == "table";
}

bool IsHeader(const readers::LineResult& result) {
  return result.ignored == records::Ignored::kNone && result.samples.empty() && IsOfTable(result);
}

}  // namespace

void TailedFile::Feed(std::string_view fresh, std::vector<FileBatch>& batches, LineCounts& counts) {
  const std::uint64_t before = position_.offset;
  reader_->Push(fresh);
  counts.nature = reader_->nature();
  while (const auto entry = reader_->Next()) {
    NoteHeader(entry);
    TakeEntry(entry, batches, counts);
  }
  read_offset_ += fresh.size();
  position_.offset = std::max(position_.offset, reader_->offset());
  // Even where nothing gave a sample, the position has moved on, and is to be saved.
  if (position_.offset != before) CurrentBatch(nullptr, batches);
  TellOutcome(batches);
}

void TailedFile::TellOutcome(std::vector<FileBatch>& batches) {
  if (batches.size() == first_batch_) return;
  batches.back().stage = outcome_.Stage();
  batches.back().failure = outcome_.failure();
  if (const auto news = scaler_.Take(); news.any()) {
    batches.back().loss_scale = news.scale;
    if (news.counts) batches.back().skipped_steps = news.skipped;
  }
  // What is told behind the end revives the job, unless it only repeats.
  if (outcome_.ended() && !batches.back().samples.empty()) batches.back().finished = true;
}

/// `header_` is what a reader must have seen to know the rows of the table that was begun last.
void TailedFile::NoteHeader(const readers::Reader::Entry& entry) {
  const std::string_view text = entry.text;
  if (!entry.result.samples.empty()) {
    // A header whose names are parted by single blanks is known by its first row alone.
    if (header_.empty() && IsOfTable(entry.result)) header_ = line_above_;
    line_above_.clear();
    return;
  }
  if (text.size() >= kPrimerBytes) return line_above_.clear();
  if (IsHeader(entry.result)) {
    header_.assign(text).push_back('\n');
    // The line above may be the first of two.
    if (line_above_.size() + header_.size() <= kPrimerBytes) header_.insert(0, line_above_);
  }
  line_above_.assign(text).push_back('\n');
}

void TailedFile::TakeEntry(const readers::Reader::Entry& entry, std::vector<FileBatch>& batches, LineCounts& counts) {
  const readers::LineResult& result = entry.result;
  const bool ended_before = outcome_.ended();
  if (result.ignored != records::Ignored::kTooLong) {
    outcome_.Read(entry.text, result.samples);
    scaler_.Read(entry.text);
  }
  counts.samples += !result.samples.empty();
  const bool again = !Take(result, batches) && !result.samples.empty();
  counts.Add(again ? records::Ignored::kDuplicate : result.ignored, entry.text);
  if (!entry.exit_status && (ended_before || !outcome_.ended())) return;
  FileBatch& batch = CurrentBatch(nullptr, batches);
  batch.finished = true;
  batch.exit_status = entry.exit_status.value_or(0);
}

bool TailedFile::Take(const readers::LineResult& result, std::vector<FileBatch>& batches) {
  if (result.samples.empty()) return false;
  news_.clear();
  for (const core::Sample& sample : result.samples) {
    if (!deduplicator_ || deduplicator_->IsNews(sample)) news_.push_back(&sample);
  }
  if (news_.empty()) return false;
  FileBatch& batch = CurrentBatch(result.labels, batches);
  for (const core::Sample* const sample : news_) batch.samples.push_back(*sample);
  batch.finished = false;
  return true;
}

FileBatch& TailedFile::CurrentBatch(const core::Labels* line_labels, std::vector<FileBatch>& batches) {
  const bool exists = batches.size() > first_batch_;
  if (exists && reader_) batches.back().run = reader_->run();
  if (exists && line_labels == nullptr) return batches.back();
  core::Labels labels = labels_;
  if (line_labels != nullptr) {
    for (const auto& [name, value] : *line_labels) labels.insert_or_assign(name, value);
  }
  if (exists && (batches.back().labels == labels || batches.back().samples.empty())) {
    batches.back().labels = std::move(labels);
    return batches.back();
  }
  FileBatch& batch = batches.emplace_back();
  batch.file = id_;
  batch.path = position_.path;
  batch.job = position_.job;
  if (reader_) batch.run = reader_->run();
  batch.labels = std::move(labels);
  batch.catching_up = catching_up_;
  batch.writer = stream_ ? core::Writer::kAlive : writer_;
  if (!stream_) batch.position = position_;
  return batch;
}

void TailedFile::Announce(std::vector<FileBatch>& batches) {
  first_batch_ = batches.size();
  CurrentBatch(nullptr, batches);
}

void TailedFile::AnnounceEnd(std::vector<FileBatch>& batches) {
  Announce(batches);
  batches.back().finished = !outcome_.failure() && outcome_.Stage() != core::RunStage::kMiddle;
}

void TailedFile::Finish(std::vector<FileBatch>& batches, LineCounts& counts) {
  first_batch_ = batches.size();
  if (!reader_) return;
  const std::uint64_t last = reader_->offset();
  while (const auto entry = reader_->Finish()) {
    // A line without its end counts as one; what was held back belongs to lines that were counted.
    if (last < read_offset_ && reader_->offset() == read_offset_ && !entry.text.empty()) {
      TakeEntry(entry, batches, counts);
    } else {
      Take(entry.result, batches);
    }
  }
  TellOutcome(batches);
  // A pipe's next writer begins a new line.
  if (stream_) reader_->Resume({read_offset_, std::nullopt, true});
  if (reader_->offset() == read_offset_) {
    position_.offset = read_offset_;
    position_.signature = read_signature_;
  }
  if (deduplicator_) position_.fingerprints = deduplicator_->memory();
  for (std::size_t i = first_batch_; i < batches.size() && !stream_; ++i) batches[i].position = position_;
}

}  // namespace lossd::sources
