#include "records/rewrite_deduplicator.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <utility>

#include "text/hash.h"

namespace lossd::records {
namespace {

void Append(std::string& bytes, std::uint64_t word) {
  char text[sizeof word];
  std::memcpy(text, &word, sizeof word);
  bytes.append(text, sizeof word);
}

std::uint64_t Fingerprint(const core::Sample& sample) {
  std::string text = sample.loss;
  Append(text, static_cast<std::uint64_t>(*sample.step));
  Append(text, std::bit_cast<std::uint64_t>(sample.value));
  return text::HashBytes(text);
}

}  // namespace

bool RewriteDeduplicator::Concern(std::string_view path) {
  constexpr std::array<std::string_view, 3> kRewritten = {".json", ".csv", ".tsv"};
  const bool mlflow = path.find("/metrics/") != std::string_view::npos &&
                      path.substr(path.rfind('/')).find('.') == std::string_view::npos;
  return mlflow ||
         std::any_of(kRewritten.begin(), kRewritten.end(), [&](std::string_view end) { return path.ends_with(end); });
}

RewriteDeduplicator::RewriteDeduplicator(SampleFingerprints memory) : memory_(std::move(memory)) { StartOver(); }

void RewriteDeduplicator::StartOver() {
  if (memory_.empty()) return;
  again_ = true;
  known_.clear();
  memory_.ForEach([&](std::uint64_t fingerprint) { known_.insert(fingerprint); });
}

bool RewriteDeduplicator::IsNews(const core::Sample& sample) {
  if (!sample.step) return true;
  const std::uint64_t fingerprint = Fingerprint(sample);
  if (again_ && (known_.contains(fingerprint) || *sample.step <= memory_.greatest_step())) return false;
  if (memory_.full()) {
    memory_.RaiseStep(*sample.step);
  } else {
    memory_.Add(fingerprint);
    if (again_) known_.insert(fingerprint);
  }
  return true;
}

}  // namespace lossd::records
