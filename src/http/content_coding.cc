#include "http/content_coding.h"

#include <zlib.h>

#include <algorithm>
#include <boost/beast/core/string.hpp>
#include <new>
#include <optional>

#include "http/snappy_coding.h"
#include "text/characters.h"
#include "text/weighted_list.h"

namespace lossd::http {
namespace {

constexpr int kAnyFrame = MAX_WBITS + 32;  // zlib's way to ask for gzip or zlib, by the header
constexpr int kNoFrame = -MAX_WBITS;
constexpr int kGzipFrame = MAX_WBITS + 16;
constexpr int kGzipSmallFrame = 13 + 16;  // for packing: a window of 8 KiB, in which a metrics page repeats itself
constexpr int kGzipMemory = 7;
constexpr std::size_t kFirstChunk = 16 * 1024;
constexpr std::size_t kMaxPiece = std::size_t{1} << 30;  // zlib counts in 32 bits

Bytef* Input(std::string_view text) { return reinterpret_cast<Bytef*>(const_cast<char*>(text.data())); }

/// A z_stream for inflating that is ended with its scope.
class Inflater {
 public:
  explicit Inflater(int window_bits) {
    if (inflateInit2(&stream, window_bits) != Z_OK) throw std::bad_alloc();
  }
  ~Inflater() { inflateEnd(&stream); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  z_stream stream{};
};

boost::system::result<std::string, DecodeError> Inflate(std::string_view body, std::size_t limit, int window_bits) {
  Inflater inflater(window_bits);
  z_stream& stream = inflater.stream;
  stream.next_in = Input(body);
  stream.avail_in = static_cast<uInt>(body.size());
  std::string out;
  std::size_t size = 0;
  for (;;) {
    // One byte more than the limit is room to see that the limit is passed.
    if (size == out.size()) out.resize(std::min(limit + 1, std::max(kFirstChunk, out.size() * 2)));
    stream.next_out = reinterpret_cast<Bytef*>(out.data() + size);
    stream.avail_out = static_cast<uInt>(std::min(out.size() - size, kMaxPiece));
    const uInt room = stream.avail_out;
    const int status = inflate(&stream, Z_NO_FLUSH);
    size += room - stream.avail_out;
    if (size > limit) return DecodeError::kTooLarge;
    if (status == Z_STREAM_END) {
      if (stream.avail_in == 0) break;
      // What follows the end of a gzip member can only be another one (RFC 1952, 2.2).
      if (window_bits == kNoFrame || inflateReset(&stream) != Z_OK) return DecodeError::kMalformed;
      continue;
    }
    if (status != Z_OK) return DecodeError::kMalformed;
    if (stream.avail_in == 0 && stream.avail_out > 0) return DecodeError::kMalformed;
  }
  out.resize(size);
  return out;
}

}  // namespace

boost::system::result<std::string, DecodeError> Decode(std::string_view coding, std::string body, std::size_t limit) {
  coding = text::TrimBlanks(coding);
  const bool bare = coding.empty() || boost::beast::iequals(coding, "identity");
  const bool gzip = boost::beast::iequals(coding, "gzip") || boost::beast::iequals(coding, "x-gzip");
  const bool deflated = boost::beast::iequals(coding, "deflate");
  const bool snappy = boost::beast::iequals(coding, "snappy") || boost::beast::iequals(coding, "x-snappy-framed");
  if (!bare && !gzip && !deflated && !snappy) return DecodeError::kUnsupported;
  if (bare || body.empty()) {
    if (body.size() > limit) return DecodeError::kTooLarge;
    return body;
  }
  if (gzip) return Inflate(body, limit, kGzipFrame);
  if (snappy) return Unsnappy(body, limit);
  auto framed = Inflate(body, limit, kAnyFrame);
  if (framed.has_value() || framed.error() == DecodeError::kTooLarge) return framed;
  return Inflate(body, limit, kNoFrame);
}

bool AcceptsGzip(std::string_view accept_encoding) {
  std::optional<double> gzip, identity, any;
  for (const auto& element : text::ParseWeightedList(accept_encoding)) {
    if (element.value == "gzip" || element.value == "x-gzip") gzip = element.quality;
    if (element.value == "identity") identity = element.quality;
    if (element.value == "*") any = element.quality;
  }
  const double wanted = gzip.value_or(any.value_or(0));
  return wanted > 0 && wanted >= identity.value_or(0);
}

struct GzipWriter::Deflater {
  Deflater() {
    if (deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, kGzipSmallFrame, kGzipMemory, Z_DEFAULT_STRATEGY) != Z_OK) {
      throw std::bad_alloc();
    }
  }
  ~Deflater() { deflateEnd(&stream); }
  Deflater(const Deflater&) = delete;
  Deflater& operator=(const Deflater&) = delete;

  z_stream stream{};
};

GzipWriter::GzipWriter() : deflater_(std::make_unique<Deflater>()) {}

GzipWriter::~GzipWriter() = default;

void GzipWriter::Add(std::string_view text, Flush flush, std::string& out) {
  z_stream& stream = deflater_->stream;
  const int mode = flush == Flush::kFinish ? Z_FINISH : flush == Flush::kPiece ? Z_SYNC_FLUSH : Z_NO_FLUSH;
  do {
    const auto piece = text.substr(0, kMaxPiece);
    stream.next_in = Input(piece);
    stream.avail_in = static_cast<uInt>(piece.size());
    text.remove_prefix(piece.size());
    const int now = text.empty() ? mode : Z_NO_FLUSH;
    do {
      const std::size_t size = out.size();
      const std::size_t room = std::clamp(out.capacity() - size, kFirstChunk, kMaxPiece);
      out.resize(size + room);
      stream.next_out = reinterpret_cast<Bytef*>(out.data() + size);
      stream.avail_out = static_cast<uInt>(room);
      deflate(&stream, now);
      out.resize(size + room - stream.avail_out);
    } while (stream.avail_out == 0);
  } while (!text.empty());
}

std::string Gzip(std::string_view text) {
  std::string out;
  GzipWriter().Add(text, GzipWriter::Flush::kFinish, out);
  return out;
}

}  // namespace lossd::http
