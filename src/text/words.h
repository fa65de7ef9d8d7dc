// The words of a name, whatever joins them.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace lossd::text {

/// Splits `trainLoss`, `train_loss`, `train/loss` and `Train Loss` into `train` and `loss`, in lower case. Names of
/// more words or bytes than any key has are cut short.
class Words {
 public:
  explicit Words(std::string_view name);

  const std::string_view* begin() const { return words_.data(); }
  const std::string_view* end() const { return words_.data() + count_; }
  std::size_t size() const { return count_; }
  bool empty() const { return count_ == 0; }
  std::string_view operator[](std::size_t i) const { return words_[i]; }
  std::string_view last() const { return words_[count_ - 1]; }
  bool Has(std::string_view word) const;

  Words(const Words&) = delete;
  Words& operator=(const Words&) = delete;

 private:
  static constexpr std::size_t kMaxWords = 12;
  std::array<char, 96> text_;
  std::array<std::string_view, kMaxWords> words_;
  std::size_t used_ = 0;
  std::size_t count_ = 0;
};

}  // namespace lossd::text
