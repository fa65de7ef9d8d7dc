// Bytes in pieces of any size -> parts of a known size, for formats whose records say how long they are.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace lossd::readers {

/// Gives the parts of a stream one after another, however it is split into pieces. A part that lies whole in a piece is
/// given where it lies; one that does not is gathered, and held back until it is whole.
class PartCollector {
 public:
  explicit PartCollector(std::uint64_t offset = 0) : offset_(offset) {}

  /// Hands in the next bytes, which must stay valid until all parts of them have been taken.
  void Push(std::string_view bytes) { piece_ = bytes; }
  /// Whether every byte handed in has been used up.
  bool empty() const { return piece_.empty(); }
  /// Whether the beginning of a part is held back.
  bool holding() const { return !held_.empty(); }
  /// Offset in the stream just behind what was used up.
  std::uint64_t offset() const { return offset_; }

  /// The next `size` bytes, once all of them are there: valid until Release, and until what was pushed goes.
  std::optional<std::string_view> Collect(std::size_t size) {
    const std::string_view fresh = Take(size - held_.size());
    if (held_.empty() && fresh.size() == size) return fresh;
    held_.append(fresh);
    if (held_.size() < size) return std::nullopt;
    given_ = true;
    return held_;
  }

  /// At most `most` bytes as they come, without gathering.
  std::string_view Take(std::uint64_t most) {
    const std::string_view taken =
        piece_.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(most, piece_.size())));
    piece_.remove_prefix(taken.size());
    offset_ += taken.size();
    return taken;
  }

  /// The part given last is no longer needed.
  void Release() {
    if (std::exchange(given_, false)) Empty(held_);
  }

  /// Empties `text` and keeps its memory for the next part, unless a large one made it grow.
  static void Empty(std::string& text) {
    text.clear();
    if (text.capacity() > kKeptBytes) text.shrink_to_fit();
  }

 private:
  static constexpr std::size_t kKeptBytes = 64 * 1024;

  std::string_view piece_;  // what is left of the bytes pushed
  std::string held_;        // of the part that is not whole, or of the one given last
  bool given_ = false;      // held_ is a part that was given
  std::uint64_t offset_;
};

/// The little-endian value at the beginning of `bytes`, which hold at least as many as it has.
template <typename T>
T LoadLittleEndian(std::string_view bytes) {
  static_assert(std::endian::native == std::endian::little);
  T value{};
  std::memcpy(&value, bytes.data(), sizeof(value));
  return value;
}

}  // namespace lossd::readers
