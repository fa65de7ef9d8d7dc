// Content codings of HTTP bodies: gzip, deflate and snappy in, gzip out.
#pragma once

#include <boost/system/result.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace lossd::http {

enum class DecodeError {
  kUnsupported,  ///< a coding other than gzip, deflate and snappy, or several of them
  kMalformed,    ///< not what the coding says, or cut short
  kTooLarge,     ///< more than the limit once decoded; decoding stopped there
};

/// Undoes a Content-Encoding ("" and "identity" are none). Never holds more than `limit` bytes of result. An empty body
/// is empty under every coding. "deflate" is taken with and without its zlib frame, as browsers do; gzip may have
/// several members.
boost::system::result<std::string, DecodeError> Decode(std::string_view coding, std::string body, std::size_t limit);

/// Whether an Accept-Encoding header allows gzip and does not prefer the bare text (RFC 9110, 12.5.3). False where
/// there is no header.
bool AcceptsGzip(std::string_view accept_encoding);

/// One gzip member, made piece by piece. Fast rather than small: the client of a scrape is on the same network. It
/// holds less than 100 KiB.
class GzipWriter {
 public:
  GzipWriter();
  ~GzipWriter();

  enum class Flush : std::uint8_t {
    kNo,      ///< as it fits
    kPiece,   ///< all that was added can be unpacked from what was given out
    kFinish,  ///< the end; nothing can be added any more
  };
  /// Adds a text, and appends to `out` what is ready.
  void Add(std::string_view text, Flush flush, std::string& out);

 private:
  struct Deflater;
  std::unique_ptr<Deflater> deflater_;
};

/// One gzip member.
std::string Gzip(std::string_view text);

}  // namespace lossd::http
