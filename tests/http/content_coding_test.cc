#include "http/content_coding.h"

#include <gtest/gtest.h>
#include <snappy.h>
#include <zlib.h>

namespace lossd::http {
namespace {

std::string Deflate(std::string_view text, int window_bits) {
  z_stream stream{};
  deflateInit2(&stream, 6, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY);
  std::string out(text.size() + 100, 0);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

TEST(Decode, UndoesSnappyBlocks) {
  for (const std::size_t size : {0, 1, 100, 100000}) {
    const std::string text(size, 'x');
    std::string packed;
    snappy::Compress(text.data(), text.size(), &packed);
    const auto decoded = Decode("snappy", packed, size);
    ASSERT_TRUE(decoded.has_value()) << size;
    EXPECT_EQ(*decoded, text) << size;
    if (size == 0) continue;
    EXPECT_EQ(Decode("snappy", packed, size - 1).error(), DecodeError::kTooLarge);
    packed.pop_back();
    EXPECT_EQ(Decode("snappy", packed, size).error(), DecodeError::kMalformed);
  }
}

TEST(Decode, UndoesSnappyFrames) {
  std::string block;
  snappy::Compress("hello ", 6, &block);
  const auto chunk = [](char type, const std::string& data) {
    return std::string{type, static_cast<char>(data.size()), 0, 0} + data;
  };
  const std::string framed =
      chunk('\xFF', "sNaPpY") + chunk('\x00', "cccc" + block) + chunk('\xFE', "padding") + chunk('\x01', "ccccworld");
  EXPECT_EQ(*Decode("snappy", framed, 100), "hello world");
  EXPECT_EQ(Decode("snappy", framed, 10).error(), DecodeError::kTooLarge);
  EXPECT_EQ(Decode("snappy", framed.substr(0, framed.size() - 1), 100).error(), DecodeError::kMalformed);
  EXPECT_EQ(Decode("snappy", framed + chunk('\x02', "unknown"), 100).error(), DecodeError::kMalformed);
}

TEST(Decode, ASnappyBlockThatClaimsMoreThanItsBytesCanSayCostsNoMemory) {
  const std::string bomb("\xFF\xFF\xFF\xFF\x0F", 5);
  EXPECT_EQ(Decode("snappy", bomb + "x", std::size_t{1} << 40).error(), DecodeError::kMalformed);
  EXPECT_EQ(Decode("snappy", bomb, 1000).error(), DecodeError::kTooLarge);
}

TEST(Decode, LeavesABareBodyAlone) {
  EXPECT_EQ(*Decode("", "text", 4), "text");
  EXPECT_EQ(*Decode("Identity", "text", 4), "text");
  EXPECT_EQ(Decode("", "text", 3).error(), DecodeError::kTooLarge);
}

TEST(Decode, UndoesGzipOfAnySize) {
  for (const std::size_t size : {0, 1, 1000, 16384, 100000, 1000000}) {
    std::string text(size, 0);
    unsigned state = 1;
    for (char& c : text) c = static_cast<char>((state = state * 1103515245 + 12345) >> 20);
    const auto decoded = Decode("gzip", Gzip(text), size);
    ASSERT_TRUE(decoded.has_value()) << size;
    EXPECT_EQ(*decoded, text) << size;
  }
}

TEST(Decode, UndoesDeflateWithAndWithoutFrame) {
  EXPECT_EQ(*Decode("deflate", Deflate("text", 15), 9), "text");
  EXPECT_EQ(*Decode("DEFLATE", Deflate("text", -15), 9), "text");
}

TEST(Decode, JoinsTheMembersOfAGzipFile) { EXPECT_EQ(*Decode("x-gzip", Gzip("ab") + Gzip("cd"), 9), "abcd"); }

TEST(Decode, StopsAtTheLimit) {
  EXPECT_EQ(Decode("gzip", Gzip(std::string(100, 'a')), 100)->size(), 100u);
  EXPECT_EQ(Decode("gzip", Gzip(std::string(101, 'a')), 100).error(), DecodeError::kTooLarge);
  EXPECT_EQ(Decode("deflate", Deflate(std::string(101, 'a'), 15), 100).error(), DecodeError::kTooLarge);
  EXPECT_EQ(Decode("gzip", Gzip(std::string(60, 'a')) + Gzip(std::string(60, 'a')), 100).error(),
            DecodeError::kTooLarge);
}

TEST(Decode, RefusesWhatIsCutShortOrDamaged) {
  const std::string packed = Gzip("some text");
  for (std::size_t size = 1; size < packed.size(); ++size) {
    EXPECT_EQ(Decode("gzip", packed.substr(0, size), 99).error(), DecodeError::kMalformed) << size;
  }
  std::string damaged = packed;
  damaged[packed.size() - 8] ^= 1;  // the checksum
  EXPECT_EQ(Decode("gzip", damaged, 99).error(), DecodeError::kMalformed);
  EXPECT_EQ(Decode("gzip", packed + "x", 99).error(), DecodeError::kMalformed);
  EXPECT_EQ(Decode("gzip", Deflate("text", 15), 99).error(), DecodeError::kMalformed);
}

TEST(Decode, RefusesCodingsThatItDoesNotKnow) {
  EXPECT_EQ(Decode("br", "x", 9).error(), DecodeError::kUnsupported);
  EXPECT_EQ(Decode("gzip, gzip", "x", 9).error(), DecodeError::kUnsupported);
  EXPECT_EQ(Decode("br", "", 9).error(), DecodeError::kUnsupported);
}

TEST(AcceptsGzip, ReadsQualities) {
  EXPECT_TRUE(AcceptsGzip("gzip"));
  EXPECT_TRUE(AcceptsGzip("deflate, gzip, br"));
  EXPECT_TRUE(AcceptsGzip("GZIP;Q=0.5"));
  EXPECT_TRUE(AcceptsGzip("identity;q=0.5, gzip;q=1.0"));
  EXPECT_TRUE(AcceptsGzip("*"));
  EXPECT_TRUE(AcceptsGzip("br;q=1, *;q=0.1"));
  EXPECT_FALSE(AcceptsGzip(""));
  EXPECT_FALSE(AcceptsGzip("deflate"));
  EXPECT_FALSE(AcceptsGzip("gzip;q=0"));
  EXPECT_FALSE(AcceptsGzip("gzip; q=0.000"));
  EXPECT_FALSE(AcceptsGzip("gzip;q=0, *"));
  EXPECT_FALSE(AcceptsGzip("gzip;q=0.5, identity"));
  EXPECT_FALSE(AcceptsGzip("gzip;q=x"));
  EXPECT_FALSE(AcceptsGzip("gzip;q=2"));
  EXPECT_FALSE(AcceptsGzip("gzipped"));
}

}  // namespace
}  // namespace lossd::http
