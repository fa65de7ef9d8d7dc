#include "records/sample_fingerprints.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace lossd::records {
namespace {

constexpr std::size_t kWord = sizeof(std::uint64_t);

void Append(std::string& bytes, const void* word) { bytes.append(static_cast<const char*>(word), kWord); }

}  // namespace

bool SampleFingerprints::IsSaved(std::string_view saved) {
  return saved.size() % kWord == 0 && saved.size() <= (kMost + 1) * kWord;
}

SampleFingerprints::SampleFingerprints(std::string_view saved) {
  if (saved.empty() || !IsSaved(saved)) return;
  std::memcpy(&greatest_step_, saved.data(), kWord);
  for (std::size_t at = kWord; at < saved.size(); at += kWord) {
    std::uint64_t fingerprint = 0;
    std::memcpy(&fingerprint, saved.data() + at, kWord);
    Add(fingerprint);
  }
}

std::string SampleFingerprints::Saved() const {
  std::string saved;
  if (empty()) return saved;
  saved.reserve((size() + 1) * kWord);
  Append(saved, &greatest_step_);
  ForEach([&](std::uint64_t fingerprint) { Append(saved, &fingerprint); });
  return saved;
}

void SampleFingerprints::Add(std::uint64_t fingerprint) {
  last_.push_back(fingerprint);
  if (last_.size() < kBlock) return;
  full_.push_back(std::make_shared<const std::vector<std::uint64_t>>(std::exchange(last_, {})));
}

void SampleFingerprints::RaiseStep(std::int64_t step) { greatest_step_ = std::max(greatest_step_, step); }

}  // namespace lossd::records
