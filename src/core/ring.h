// The last values of a stream, in a fixed allocation.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <vector>

#include "core/state_codec.h"

namespace lossd::core {

/// Keeps the newest values pushed; older ones are overwritten. Never allocates after construction.
template <class T>
class Ring {
  static_assert(std::is_same_v<T, double> || std::is_same_v<T, std::int64_t>);

 public:
  /// Keeps at least `capacity` values (rounded up to a power of two, so that an index needs no division).
  explicit Ring(std::size_t capacity) : values_(std::bit_ceil(capacity)), mask_(values_.size() - 1) {}

  void Push(T value) { values_[pushed_++ & mask_] = value; }

  /// The value pushed `age` pushes ago; 0 is the newest. `age` must be less than size().
  T FromNewest(std::size_t age) const { return values_[(pushed_ - 1 - age) & mask_]; }

  /// Values that can be read: all pushed ones, at most the capacity.
  std::size_t size() const { return std::min(pushed_, values_.size()); }
  std::size_t capacity() const { return values_.size(); }
  void Clear() { pushed_ = 0; }

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
  std::size_t mask_;  ///< takes the number of a push to its place
  std::size_t pushed_ = 0;
};

}  // namespace lossd::core
