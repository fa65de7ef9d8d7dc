// What container runtimes put around each line.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace lossd::readers {

/// Unwraps the CRI's `2024-01-31T00:00:00.000000000Z stdout F text` and Docker's
/// `{"log":"text\n","stream":"stdout",...}`. Parts of a long line, marked `P` by the CRI or lacking the newline in
/// Docker's, are joined up to `kMaxLine` bytes, those of each stream by themselves.
class ContainerFrame {
 public:
  /// The text within, `line` itself where it is not framed, or nothing where more parts must come. The result is valid
  /// until the next call.
  std::optional<std::string_view> Unwrap(std::string_view line);

 private:
  static constexpr std::size_t kMaxLine = 64 * 1024;
  /// A line of one stream in the making: the runtime may write a part of the other stream between two parts of it.
  struct Stream {
    std::string parts;
    bool emitted = false;
  };
  static std::optional<std::string_view> Join(Stream& stream, std::string_view part, bool last);

  Stream out_, err_;
  std::string unescaped_;
};

}  // namespace lossd::readers
