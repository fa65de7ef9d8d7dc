// Bytes in pieces of any size -> lines.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lossd::text {

/// Cuts a stream at `\n`, `\r\n` and lone `\r` (progress bars). The same bytes give the same lines however they are
/// split into pieces. A line longer than the limit is cut there and the rest of it is skipped: memory stays bounded. A
/// line whose terminator has not come is held back, for its writer may still finish it; so is one behind whose `\r` a
/// `\n` may follow.
class LineFramer {
 public:
  static constexpr std::size_t kDefaultMaxLine = 64 * 1024;
  explicit LineFramer(std::size_t max_line = kDefaultMaxLine) : max_line_(max_line) {}

  struct Line {
    std::string_view text;   ///< without its terminator; valid until the next call of any method
    bool truncated = false;  ///< longer than the limit: only its head is here
    std::uint64_t end = 0;   ///< offset in the stream just behind the line's terminator
    bool terminated = true;  ///< false: the stream has ended in the middle of it, so that it may have been cut short
  };

  /// Hands in the next bytes, which must stay valid until Next has returned nothing.
  void Push(std::string_view bytes);
  /// The next whole line, or nothing once the bytes pushed are used up.
  std::optional<Line> Next();
  /// The stream has ended: what was held back is a line, too. To be called when Next has returned nothing.
  std::optional<Line> Finish();
  /// Forgets what was held back and starts at `offset`.
  void Reset(std::uint64_t offset);

  /// Bytes since the end of the last line, skipped ones included: the stream's position less these is where to resume.
  std::uint64_t pending() const { return pending_; }

 private:
  /// Where in piece_ a byte stands first, once looked for; npos where it does not.
  struct Place {
    std::size_t at = 0;
    bool known = false;
  };
  std::size_t Find(char byte, Place& place) const;
  std::optional<Line> Emit(std::string_view text, std::size_t consumed);
  void HoldBack(std::string_view text);

  std::size_t max_line_;
  std::string_view piece_;  // what is left of the bytes pushed
  Place newline_, return_;  // the first '\n' and the first '\r' in piece_
  std::string held_;        // head of the unfinished line, at most max_line_ bytes
  bool held_truncated_ = false;
  bool held_return_ = false;   // the unfinished line has ended in '\r'; only whether a '\n' follows is open
  bool held_emitted_ = false;  // held_ was given out and is to be emptied
  std::uint64_t pending_ = 0;
  std::uint64_t line_start_ = 0;
};

}  // namespace lossd::text
