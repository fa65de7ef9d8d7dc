// W&B's run files (`run-*.wandb`), offline and online alike -> samples.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "readers/reader.h"
#include "records/reader_options.h"

namespace lossd::readers {

/// Framed records (see RunFileFramer, also for what becomes of damage), each a protobuf message. The rows of the
/// history are read with the vocabulary of NamedValueReader. A row's step is the one that its trainer logs
/// (`global_step`, `iter`), else W&B's own `_step`; a row without it belongs to where the trainer's stood. The run is
/// named by its name, or by its id where it has none; its exit record ends it.
class RunFileReader : public Reader {
 public:
  explicit RunFileReader(const records::ReaderOptions& options = {});
  ~RunFileReader() override;

  /// Whether a file by this name is a run file; whether bytes are the beginning of one.
  static bool Handles(std::string_view path);
  static Likeness Begins(std::string_view bytes);

  void Push(std::string_view bytes) override;
  Entry Next() override;
  Entry Finish() override;
  /// Only between records.
  bool Resume(const Place& place) override;
  std::uint64_t offset() const override;
  std::string_view run() const override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace lossd::readers
