// Bytes in pieces of any size -> lines.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lossd::ingest {

/// Cuts a stream at `\n`, `\r\n` and lone `\r` (progress bars). The same bytes give the same lines however they are split into
/// pieces. A line longer than the limit is cut there, the rest of it is skipped and counted: memory stays bounded. A line whose
/// terminator has not come is held back, for its writer may still finish it.
class LineFramer {
 public:
  static constexpr std::size_t kDefaultMaxLine = 64 * 1024;
  explicit LineFramer(std::size_t max_line = kDefaultMaxLine);

  struct Line {
    std::string_view text;      ///< without its terminator; valid until the next call of any method
    bool truncated = false;     ///< longer than the limit: only its head is here
    std::uint64_t end = 0;      ///< offset in the stream just behind the line's terminator
  };

  /// Hands in the next bytes, which must stay valid until Next has returned nothing.
  void Push(std::string_view bytes);
  /// The next whole line, or nothing once the bytes pushed are used up.
  std::optional<Line> Next();
  /// The stream has ended: what was held back is a line, too.
  std::optional<Line> Finish();
  /// Forgets what was held back and starts at `offset`.
  void Reset(std::uint64_t offset);

  /// Bytes held back, waiting for a terminator.
  std::size_t pending() const;
};

}  // namespace lossd::ingest
