// What RewriteDeduplicator remembers, in a form that can be copied with every position.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace lossd::records {

/// Fingerprints of samples, in the order in which they were told. Only what is new is copied with it: older ones are
/// shared by all copies and never change, so that a copy may go to another thread.
class SampleFingerprints {
 public:
  /// Beyond these only the greatest step is remembered.
  static constexpr std::size_t kMost = 65536;

  SampleFingerprints() = default;
  /// From the bytes of Saved. Nothing where they are none (see IsSaved).
  explicit SampleFingerprints(std::string_view saved);
  static bool IsSaved(std::string_view saved);
  std::string Saved() const;

  bool empty() const { return size() == 0; }
  std::size_t size() const { return full_.size() * kBlock + last_.size(); }
  bool full() const { return size() >= kMost; }
  /// Where it is not full.
  void Add(std::uint64_t fingerprint);
  /// The greatest step of the samples beyond kMost; the smallest number where there is none.
  std::int64_t greatest_step() const { return greatest_step_; }
  void RaiseStep(std::int64_t step);

  template <typename Function>
  void ForEach(Function function) const {
    for (const auto& block : full_) {
      for (const std::uint64_t fingerprint : *block) function(fingerprint);
    }
    for (const std::uint64_t fingerprint : last_) function(fingerprint);
  }

  bool operator==(const SampleFingerprints& other) const { return Saved() == other.Saved(); }

 private:
  /// What is copied is at most this many fingerprints, and kMost / kBlock pointers.
  static constexpr std::size_t kBlock = 1024;

  std::vector<std::shared_ptr<const std::vector<std::uint64_t>>> full_;
  std::vector<std::uint64_t> last_;
  std::int64_t greatest_step_ = INT64_MIN;
};

}  // namespace lossd::records
