#include "text/words.h"

#include <algorithm>
#include <array>

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

/// Where names in scripts without blanks are parted: the words that names of training metrics are made of.
constexpr std::array kUnparted = {
    std::string_view("最佳"),     std::string_view("最优"),     std::string_view("最好"),   std::string_view("最低"),
    std::string_view("最小"),     std::string_view("最终"),     std::string_view("최저"),   std::string_view("최소"),
    std::string_view("최종"),     std::string_view("训练"),     std::string_view("验证"),   std::string_view("评估"),
    std::string_view("测试"),     std::string_view("损失"),     std::string_view("学习率"), std::string_view("步数"),
    std::string_view("次数"),     std::string_view("步骤"),     std::string_view("步"),     std::string_view("误差"),
    std::string_view("誤差"),     std::string_view("迭代"),     std::string_view("批次"),   std::string_view("本轮"),
    std::string_view("轮次"),     std::string_view("轮数"),     std::string_view("轮"),     std::string_view("平均"),
    std::string_view("总"),       std::string_view("整体"),     std::string_view("集"),     std::string_view("上"),
    std::string_view("的"),       std::string_view("值"),       std::string_view("数据"),   std::string_view("当前"),
    std::string_view("全局"),     std::string_view("学習率"),   std::string_view("学習"),   std::string_view("訓練"),
    std::string_view("検証"),     std::string_view("評価"),     std::string_view("テスト"), std::string_view("損失"),
    std::string_view("エポック"), std::string_view("ステップ"), std::string_view("バッチ"), std::string_view("データ"),
    std::string_view("の"),       std::string_view("値"),       std::string_view("학습률"), std::string_view("학습"),
    std::string_view("훈련"),     std::string_view("검증"),     std::string_view("테스트"), std::string_view("손실"),
    std::string_view("에포크"),   std::string_view("에폭"),     std::string_view("반복"),   std::string_view("스텝"),
    std::string_view("평균")};

/// Whether the byte leads a character of the scripts of East Asia, each of three bytes.
bool LeadsUnparted(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0xE3 && byte <= 0xED;
}

/// The bytes of the word of kUnparted that stands at `at`; 0 where none does. Longer ones come before their heads.
std::size_t UnpartedWord(std::string_view name, std::size_t at) {
  for (const std::string_view word : kUnparted) {
    if (name.substr(at, word.size()) == word) return word.size();
  }
  return 0;
}

/// The end of the characters at `at` that begin no word of kUnparted.
std::size_t CharactersEnd(std::string_view name, std::size_t at) {
  constexpr std::size_t kBytes = 3;
  do {
    at = std::min(at + kBytes, name.size());
  } while (at < name.size() && LeadsUnparted(name[at]) && UnpartedWord(name, at) == 0);
  return at;
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
    if (LeadsUnparted(name[i])) {
      const std::size_t known = UnpartedWord(name, i);
      const std::size_t size = std::min(known != 0 ? known : CharactersEnd(name, i) - i, text_.size() - used_);
      if (size == 0) return;
      std::copy_n(name.data() + i, size, text_.data() + start);
      used_ += size;
      i += size;
      words_[count_++] = std::string_view(text_.data() + start, size);
      continue;
    }
    while (i < name.size() && IsWordByte(name[i]) && used_ < text_.size()) {
      if (used_ > start && (IsHump(name, i) || LeadsUnparted(name[i]))) break;
      text_[used_++] = ToLower(name[i]);
      ++i;
    }
    if (used_ == start) return;
    words_[count_++] = std::string_view(text_.data() + start, used_ - start);
  }
}

bool Words::Has(std::string_view word) const { return std::find(begin(), end(), word) != end(); }

}  // namespace lossd::text
