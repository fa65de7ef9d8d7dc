#include "export/remote_write/sample_queue.h"

#include <algorithm>
#include <utility>

namespace lossd::exporter {

void SampleQueue::Push(RemoteSample sample) {
  samples_.push_back(std::move(sample));
  MakeRoom();
}

void SampleQueue::MakeRoom() {
  while (samples_.size() > capacity_) {
    samples_.pop_front();
    if (given_ > 0) --given_;
    ++dropped_;
  }
}

std::vector<RemoteSample> SampleQueue::Front(std::size_t most) const {
  given_ = std::min(most, samples_.size());
  return {samples_.begin(), samples_.begin() + static_cast<std::ptrdiff_t>(given_)};
}

void SampleQueue::Pop(std::size_t count) {
  const std::size_t taken = std::min(count, given_);
  samples_.erase(samples_.begin(), samples_.begin() + static_cast<std::ptrdiff_t>(taken));
  given_ = 0;
}

void SampleQueue::SetCapacity(std::size_t capacity) {
  capacity_ = capacity;
  MakeRoom();
}

}  // namespace lossd::exporter
