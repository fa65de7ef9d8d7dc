// What is still to be sent to a receiver of remote write.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <vector>

#include "export/remote_write/write_request.h"

namespace lossd::exporter {

/// In order, and bounded: where it is full the oldest samples make room, and are counted.
class SampleQueue {
 public:
  explicit SampleQueue(std::size_t capacity) : capacity_(capacity) {}

  void Push(RemoteSample sample);
  /// The oldest samples, up to `most`; they stay in the queue.
  std::vector<RemoteSample> Front(std::size_t most) const;
  /// Takes out those that Front gave last, as far as they have not made room since.
  void Pop(std::size_t count);
  void SetCapacity(std::size_t capacity);

  std::size_t size() const { return samples_.size(); }
  std::uint64_t dropped() const { return dropped_; }

 private:
  void MakeRoom();

  std::size_t capacity_;
  std::deque<RemoteSample> samples_;
  std::uint64_t dropped_ = 0;
  mutable std::size_t given_ = 0;  ///< of those that Front gave, how many are still there
};

}  // namespace lossd::exporter
