// Samples that are refilled line by line without allocating.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "core/sample.h"

namespace lossd::records {

class SampleBuffer {
 public:
  void clear() { count_ = 0; }
  std::size_t size() const { return count_; }
  core::Sample& at(std::size_t i) { return samples_[i]; }
  std::span<const core::Sample> view() const { return {samples_.data(), count_}; }

  /// One more, reset but for the memory of its name.
  core::Sample& Add() {
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
  std::size_t count_ = 0;
};

}  // namespace lossd::records
