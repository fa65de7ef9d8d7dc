#include "readers/log_stream.h"

#include <algorithm>

#include "readers/file_nature.h"
#include "readers/tensorboard/event_file_reader.h"
#include "readers/text_reader.h"
#include "readers/wandb/run_file_reader.h"

namespace lossd::readers {
namespace {

/// A form of record files. A new one is a line in kForms.
struct Form {
  bool (*has_name)(std::string_view path);
  Likeness (*begins)(std::string_view bytes);
  std::unique_ptr<Reader> (*make)(const records::ReaderOptions& options);
};

template <typename FormReader>
constexpr Form FormOf() {
  return {&FormReader::Handles, &FormReader::Begins,
          [](const records::ReaderOptions& options) -> std::unique_ptr<Reader> {
            return std::make_unique<FormReader>(options);
          }};
}

constexpr Form kForms[] = {FormOf<EventFileReader>(), FormOf<RunFileReader>()};

}  // namespace

LogStream::LogStream(std::string_view path, const records::ReaderOptions& options, std::size_t max_line)
    : options_(options), max_line_(max_line) {
  const auto form = std::ranges::find_if(kForms, [&](const Form& known) { return known.has_name(path); });
  if (form != std::end(kForms)) reader_ = form->make(options_);
}

LogStream::~LogStream() = default;

void LogStream::Push(std::string_view bytes) {
  if (!reader_) {
    head_.append(bytes);
    return Decide(false);
  }
  head_ = {};
  reader_->Push(bytes);
}

/// Waits for the head of a first record, but not where the bytes at hand cannot be one: lines should come out as they
/// come in.
void LogStream::Decide(bool at_end) {
  bool open = false;
  for (const Form& form : kForms) {
    const Likeness likeness = form.begins(head_);
    if (likeness == Likeness::kYes) reader_ = form.make(options_);
    if (reader_) break;
    open = open || likeness == Likeness::kTooFewBytes;
  }
  if (!reader_ && (at_end || !open)) {
    reader_ = std::make_unique<TextReader>(options_, max_line_);
    nature_ = NatureOf(head_);
  }
  if (reader_) reader_->Push(head_);
}

Reader::Entry LogStream::Next() { return reader_ ? reader_->Next() : Entry{}; }

Reader::Entry LogStream::Finish() {
  if (!reader_) Decide(true);
  // Lines of a head that was only now found to be text.
  if (auto entry = reader_->Next()) return entry;
  return reader_->Finish();
}

bool LogStream::Resume(const Place& place) {
  if (!reader_) {
    Decide(true);
    while (reader_->Next()) {
    }
  }
  return reader_->Resume(place);
}

}  // namespace lossd::readers
