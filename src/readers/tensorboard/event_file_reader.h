// TensorBoard's event files (`events.out.tfevents.*`) -> samples.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "readers/reader.h"
#include "records/reader_options.h"

namespace lossd::readers {

/// Framed records (see EventFramer, also for what becomes of damage), each a protobuf Event with scalars. Tags are
/// names, read with the vocabulary of NamedValueReader. Behind a damaged length nothing can be read: all that follows
/// is used up without giving anything.
class EventFileReader : public Reader {
 public:
  explicit EventFileReader(const records::ReaderOptions& options = {});
  ~EventFileReader() override;

  /// Whether a file by this name is an event file; whether bytes are the beginning of one.
  static bool Handles(std::string_view path);
  static Likeness Begins(std::string_view bytes);

  void Push(std::string_view bytes) override;
  Entry Next() override;
  Entry Finish() override;
  /// Only between records, and not behind a damaged length.
  bool Resume(const Place& place) override;
  std::uint64_t offset() const override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace lossd::readers
