#include "ingest/told_samples.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <limits>
#include <utility>

#include "ingest/file_position.h"

namespace lossd::ingest {
namespace {

constexpr std::size_t kWord = sizeof(std::uint64_t);
constexpr std::int64_t kNone = std::numeric_limits<std::int64_t>::min();

std::uint64_t WordAt(std::string_view bytes, std::size_t index) {
  std::uint64_t word = 0;
  std::memcpy(&word, bytes.data() + index * kWord, kWord);
  return word;
}

void Append(std::string& bytes, std::uint64_t word) {
  char text[kWord];
  std::memcpy(text, &word, kWord);
  bytes.append(text, kWord);
}

std::uint64_t Fingerprint(const core::Sample& sample) {
  std::string text = sample.loss;
  Append(text, static_cast<std::uint64_t>(*sample.step));
  Append(text, std::bit_cast<std::uint64_t>(sample.value));
  return HashBytes(text);
}

}  // namespace

bool ToldSamples::Concern(std::string_view path) {
  constexpr std::array<std::string_view, 3> kRewritten = {".json", ".csv", ".tsv"};
  const bool mlflow = path.find("/metrics/") != std::string_view::npos &&
                      path.substr(path.rfind('/')).find('.') == std::string_view::npos;
  return mlflow ||
         std::any_of(kRewritten.begin(), kRewritten.end(), [&](std::string_view end) { return path.ends_with(end); });
}

bool ToldSamples::IsSaved(std::string_view saved) {
  return saved.size() % kWord == 0 && saved.size() <= (kMost + 1) * kWord;
}

ToldSamples::ToldSamples(std::string saved) : saved_(std::move(saved)) { StartOver(); }

void ToldSamples::StartOver() {
  if (saved_.empty()) return;
  again_ = true;
  known_.clear();
  for (std::size_t i = 1; i < saved_.size() / kWord; ++i) known_.insert(WordAt(saved_, i));
}

bool ToldSamples::IsNews(const core::Sample& sample) {
  if (!sample.step) return true;
  const std::uint64_t fingerprint = Fingerprint(sample);
  if (saved_.empty()) Append(saved_, static_cast<std::uint64_t>(kNone));
  const auto greatest = static_cast<std::int64_t>(WordAt(saved_, 0));
  if (again_ && (known_.contains(fingerprint) || *sample.step <= greatest)) return false;
  if (saved_.size() < (kMost + 1) * kWord) {
    Append(saved_, fingerprint);
    if (again_) known_.insert(fingerprint);
  } else {
    const std::int64_t step = std::max(greatest, *sample.step);
    std::memcpy(saved_.data(), &step, kWord);
  }
  return true;
}

}  // namespace lossd::ingest
