// Samples that are refilled line by line without allocating.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/sample.h"

namespace lossd::records {

class SampleBuffer {
 public:
  void clear() {
    count_ = 0;
    lines_.clear();
  }
  std::size_t size() const { return count_; }
  core::Sample& at(std::size_t i) { return samples_[i]; }
  std::span<const core::Sample> view() const { return {samples_.data(), count_}; }
  /// The line on which each of the samples stands: an earlier one than that at hand where a sample was held back.
  std::span<const std::uint64_t> lines() const { return lines_; }

  /// One more, of `line`, reset but for the memory of its name.
  core::Sample& Add(std::uint64_t line) {
    lines_.push_back(line);
    if (count_ == samples_.size()) samples_.emplace_back();
    core::Sample& sample = samples_[count_++];
    sample.loss.clear();
    sample.step.reset();
    sample.epoch.reset();
    sample.learning_rate.reset();
    sample.gradient_norm.reset();
    sample.time.reset();
    return sample;
  }

 private:
  std::vector<core::Sample> samples_;  // the first count_ are in use
  std::vector<std::uint64_t> lines_;
  std::size_t count_ = 0;
};

}  // namespace lossd::records
