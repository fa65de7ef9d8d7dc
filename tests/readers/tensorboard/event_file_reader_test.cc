#include "readers/tensorboard/event_file_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "readers/tensorboard/event_framer.h"

namespace lossd::readers {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::string LittleEndian(std::uint64_t value, std::size_t bytes) {
  std::string text;
  for (std::size_t i = 0; i < bytes; ++i) text.push_back(static_cast<char>(value >> (8 * i)));
  return text;
}

std::string Bytes(int field, const std::string& payload) {
  return std::string(1, static_cast<char>(field << 3 | 2)) + std::string(1, static_cast<char>(payload.size())) +
         payload;
}

/// An Event with one scalar, as TensorBoard's own writer lays it out.
std::string Scalar(int step, const std::string& tag, float value) {
  const std::string number = "\x15" + LittleEndian(std::bit_cast<std::uint32_t>(value), 4);
  return "\x09" + LittleEndian(std::bit_cast<std::uint64_t>(1.7e9), 8) + "\x10" +
         std::string(1, static_cast<char>(step)) + Bytes(5, Bytes(1, Bytes(1, tag) + number));
}

std::string Record(const std::string& message) {
  const std::string length = LittleEndian(message.size(), 8);
  return length + LittleEndian(MaskedCrc32c(length), 4) + message + LittleEndian(MaskedCrc32c(message), 4);
}

std::vector<std::string> Samples(std::string_view file, std::size_t piece) {
  EventFileReader reader;
  std::vector<std::string> shown;
  for (std::size_t at = 0; at < file.size(); at += piece) {
    reader.Push(file.substr(at, piece));
    while (const auto entry = reader.Next()) {
      for (const core::Sample& sample : entry.result.samples) {
        shown.push_back(sample.loss + " " + std::to_string(sample.value).substr(0, 4) + " @" +
                        std::to_string(*sample.step));
      }
    }
  }
  return shown;
}

TEST(EventFileReader, ChecksumIsMaskedCrc32c) {
  EXPECT_EQ(MaskedCrc32c("123456789"), ((0xE3069283U >> 15) | (0xE3069283U << 17)) + 0xA282EAD8U);
}

TEST(EventFileReader, GivesLossesByTag) {
  const std::string file = Record(Scalar(1, "train/loss", 2.5F)) + Record(Scalar(1, "eval/loss", 2.25F)) +
                           Record(Scalar(2, "train/loss", 2.0F));
  EXPECT_THAT(Samples(file, file.size()), ElementsAre("train 2.50 @1", "eval 2.25 @1", "train 2.00 @2"));
}

TEST(EventFileReader, WaitsForTheRestOfARecord) {
  const std::string file = Record(Scalar(1, "loss", 2.5F)) + Record(Scalar(2, "loss", 2.0F));
  for (std::size_t piece = 1; piece < file.size(); ++piece)
    EXPECT_EQ(Samples(file, piece), Samples(file, file.size())) << piece;
}

TEST(EventFileReader, ARecordThatIsCutOffGivesNothing) {
  const std::string file = Record(Scalar(1, "loss", 2.5F));
  EXPECT_THAT(Samples(file.substr(0, file.size() - 1), 100), IsEmpty());
}

TEST(EventFileReader, StopsAtADamagedLength) {
  std::string file = Record(Scalar(1, "loss", 2.5F)) + Record(Scalar(2, "loss", 2.0F));
  file[0] ^= 1;
  EventFileReader reader;
  reader.Push(file);
  EXPECT_EQ(reader.Next().result.ignored, records::Ignored::kUnparsable);
  EXPECT_FALSE(reader.Next());
  // Nothing of it need be read again.
  EXPECT_EQ(reader.offset(), file.size());
}

TEST(EventFileReader, LearningRateOfTheSameStepIsJoined) {
  EventFileReader reader;
  const std::string file = Record(Scalar(1, "train/learning_rate", 0.5F)) + Record(Scalar(1, "train/loss", 2.5F));
  reader.Push(file);
  reader.Next();
  const auto entry = reader.Next();
  ASSERT_EQ(entry.result.samples.size(), 1U);
  EXPECT_EQ(entry.result.samples[0].learning_rate, 0.5);
}

TEST(EventFileReader, ResumesBetweenRecordsAlone) {
  const std::string file = Record(Scalar(1, "loss", 2.5F)) + Record(Scalar(2, "loss", 2.0F));
  EventFileReader reader;
  reader.Push(std::string_view(file).substr(0, file.size() / 2 + 3));
  EXPECT_EQ(reader.Next().result.samples.size(), 1U);
  EXPECT_FALSE(reader.Next());
  EXPECT_EQ(reader.offset(), file.size() / 2);
  EXPECT_FALSE(reader.Resume({file.size() / 2 + 3, std::nullopt, false}));
  EXPECT_TRUE(reader.Resume({file.size() / 2, std::nullopt, true}));
  reader.Push(std::string_view(file).substr(file.size() / 2));
  EXPECT_EQ(reader.Next().result.samples.size(), 1U);
  EXPECT_EQ(reader.offset(), file.size());
}

}  // namespace
}  // namespace lossd::readers
