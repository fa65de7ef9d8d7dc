// The last values of a stream, in a fixed allocation.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>
#include <vector>

#include "core/state_codec.h"

namespace lossd::core {

/// Keeps the newest values pushed; older ones are overwritten. Never allocates after construction.
template <class T>
class Ring {
  static_assert(std::is_same_v<T, double> || std::is_same_v<T, std::int64_t> || std::is_same_v<T, std::int32_t>);

 public:
  explicit Ring(std::size_t capacity) : values_(capacity) {}

  void Push(T value) {
    values_[next_] = value;
    next_ = next_ + 1 == values_.size() ? 0 : next_ + 1;
    size_ = std::min(size_ + 1, values_.size());
  }

  /// The value pushed `age` pushes ago; 0 is the newest. `age` must be less than size().
  T FromNewest(std::size_t age) const {
    return values_[next_ > age ? next_ - 1 - age : next_ + values_.size() - 1 - age];
  }

  /// The newest `count` values, at most size(), oldest first: in two parts, of which the second may be empty.
  std::array<std::span<const T>, 2> Newest(std::size_t count) const {
    const std::span<const T> all = values_;
    if (count <= next_) return {all.subspan(next_ - count, count), {}};
    return {all.last(count - next_), all.first(next_)};
  }

  /// Values that can be read: all pushed ones, at most the capacity.
  std::size_t size() const { return size_; }
  std::size_t capacity() const { return values_.size(); }
  void Clear() { next_ = size_ = 0; }
  /// Every place, in no order, those too that hold no value yet.
  std::span<T> places() { return values_; }

  /// Appends the newest `count` values, or all where there are fewer.
  void Save(StateWriter& out, std::size_t count) const {
    count = std::min(count, size());
    out.U64(count);
    for (std::size_t age = count; age-- > 0;) {
      if constexpr (std::is_same_v<T, double>) {
        out.F64(FromNewest(age));
      } else {
        out.I64(FromNewest(age));
      }
    }
  }
  /// False, and empty, where the bytes hold more values than fit, or end too early.
  bool Load(StateReader& in) {
    Clear();
    const std::uint64_t count = in.U64();
    if (count > capacity()) in.Fail();
    for (std::uint64_t i = 0; i < count && in.ok(); ++i) {
      if constexpr (std::is_same_v<T, double>) {
        Push(in.F64());
      } else {
        Push(in.I64());
      }
    }
    if (!in.ok()) Clear();
    return in.ok();
  }

 private:
  std::vector<T> values_;
  std::size_t next_ = 0;  ///< where the next value goes
  std::size_t size_ = 0;
};

}  // namespace lossd::core
