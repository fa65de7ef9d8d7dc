#include "records/word_classes.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "records/no_loss_words.h"
#include "records/word_list.h"

namespace lossd::records {
namespace {

constexpr auto kWords = [] {
  std::array<ListedWord, std::size(kMetricWords) + kNoLossWords.size()> words{};
  std::copy(kNoLossWords.begin(), kNoLossWords.end(), std::ranges::copy(kMetricWords, words.begin()).out);
  return words;
}();

/// By the length and three of the characters: what no list holds is let go with one comparison at most times.
constexpr std::size_t Hash(std::string_view word) {
  const auto byte = [&](std::size_t i) { return static_cast<std::size_t>(static_cast<unsigned char>(word[i])); };
  return (byte(0) * 131 + byte(word.size() - 1) * 31 + byte(word.size() / 2) * 7 + word.size() * 61) % 1031;
}

constexpr std::size_t kSlots = 2048;
constexpr std::size_t kLongest = 15;

/// Open addressing; the slot holds the entry's place, from 1.
constexpr std::array<std::uint16_t, kSlots> MakeTable() {
  std::array<std::uint16_t, kSlots> table{};
  for (std::size_t i = 0; i < kWords.size(); ++i) {
    std::size_t slot = Hash(kWords[i].word);
    while (table[slot] != 0) ++slot;
    table[slot] = static_cast<std::uint16_t>(i + 1);
  }
  return table;
}
constexpr std::array<std::uint16_t, kSlots> kTable = MakeTable();

/// Whether the word stands in the lists once: of two entries the second is never found.
constexpr bool IsFoundAt(std::size_t place) {
  std::size_t slot = Hash(kWords[place].word);
  while (kWords[kTable[slot] - 1u].word != kWords[place].word) ++slot;
  return kTable[slot] == place + 1;
}
static_assert([] {
  for (std::size_t i = 0; i < kWords.size(); ++i) {
    if (kWords[i].word.size() > kLongest || !IsFoundAt(i)) return false;
  }
  return true;
}());

}  // namespace

WordClasses ClassesOf(std::string_view word) {
  if (word.empty() || word.size() > kLongest) return 0;
  for (std::size_t slot = Hash(word); kTable[slot] != 0; ++slot) {
    const ListedWord& entry = kWords[kTable[slot] - 1U];
    if (entry.word == word) return entry.classes;
  }
  return 0;
}

}  // namespace lossd::records
