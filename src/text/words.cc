#include "text/words.h"

#include <algorithm>

#include "text/characters.h"

namespace lossd::text {
namespace {

bool IsWordByte(char c) { return IsLetter(c) || IsDigit(c) || IsWide(c); }

/// Whether a new word begins at name[i]: `trainLoss`, `CrossEntropyLoss`, `SmoothL1Loss`, `LRScale`; `LR`, `PPL` and
/// `lossG` stay whole.
bool IsHump(std::string_view name, std::size_t i) {
  if (!IsUpper(name[i])) return false;
  const bool lower_follows = i + 1 < name.size() && IsLower(name[i + 1]);
  const bool digit_follows = i + 1 < name.size() && IsDigit(name[i + 1]);
  if (IsLower(name[i - 1])) return i + 1 == name.size() || lower_follows || digit_follows;
  if (IsDigit(name[i - 1])) return lower_follows;
  return IsUpper(name[i - 1]) && i + 1 < name.size() && IsLower(name[i + 1]) && i + 2 < name.size() &&
         IsLower(name[i + 2]);
}

}  // namespace

Words::Words(std::string_view name) {
  std::size_t i = 0;
  while (i < name.size() && count_ < kMaxWords) {
    if (!IsWordByte(name[i])) {
      ++i;
      continue;
    }
    const std::size_t start = used_;
    while (i < name.size() && IsWordByte(name[i]) && used_ < text_.size()) {
      if (used_ > start && IsHump(name, i)) break;
      text_[used_++] = ToLower(name[i]);
      ++i;
    }
    if (used_ == start) return;
    words_[count_++] = std::string_view(text_.data() + start, used_ - start);
  }
}

bool Words::Has(std::string_view word) const { return std::find(begin(), end(), word) != end(); }

}  // namespace lossd::text
