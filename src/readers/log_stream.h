// Bytes of a log in pieces of any size -> what its lines or records gave, whatever it is made of.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "readers/reader.h"
#include "records/reader_options.h"
#include "text/line_framer.h"

namespace lossd::readers {

/// A reader that finds out by the name of the log, or by its first bytes, which reader to leave it to: an event file of
/// TensorBoard, a run file of W&B, or else lines of text.
class LogStream : public Reader {
 public:
  /// `path` is the name to judge by; `max_line` bounds the lines of a text.
  explicit LogStream(std::string_view path, const records::ReaderOptions& options = {},
                     std::size_t max_line = text::LineFramer::kDefaultMaxLine);
  ~LogStream() override;

  void Push(std::string_view bytes) override;
  Entry Next() override;
  Entry Finish() override;
  bool Resume(const Place& place) override;
  std::uint64_t offset() const override { return reader_ ? reader_->offset() : 0; }
  std::string_view run() const override { return reader_ ? reader_->run() : std::string_view(); }
  std::string_view nature() const override { return nature_; }

 private:
  void Decide(bool at_end);

  records::ReaderOptions options_;
  std::size_t max_line_;
  std::unique_ptr<Reader> reader_;  // none until it is decided
  std::string head_;                // the first bytes, until they are used up
  std::string_view nature_;
};

}  // namespace lossd::readers
