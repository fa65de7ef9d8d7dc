#include "readers/log_stream.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <limits>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "support/event_file.h"

namespace lossd::readers {
namespace {

using support::BytesField;
using support::EventMessage;
using support::Record;
using support::ScalarRecord;
using support::SimpleValue;
using support::TensorValue;
using support::VersionRecord;

constexpr std::string_view kEventFile = "runs/a/events.out.tfevents.1700000000.host.1.0";

/// What a log gives when it comes in pieces of `size`: `train 2.5 @120` a sample, `-reason` a line without one.
std::vector<std::string> Read(std::string_view path, std::string_view bytes, std::size_t size = 1000) {
  LogStream log(path);
  std::vector<std::string> entries;
  const auto note = [&](const LogStream::Entry& entry) {
    if (entry.result.samples.empty() && entry.result.ignored != records::Ignored::kNone) {
      entries.push_back("-" + std::string(Name(entry.result.ignored)));
    }
    for (const core::Sample& sample : entry.result.samples) {
      std::ostringstream out;
      out << sample.loss << ' ' << sample.value;
      if (sample.step) out << " @" << *sample.step;
      entries.push_back(out.str());
    }
  };
  for (; !bytes.empty(); bytes.remove_prefix(std::min(size, bytes.size()))) {
    log.Push(bytes.substr(0, size));
    while (const auto entry = log.Next()) note(entry);
  }
  while (const auto entry = log.Finish()) note(entry);
  return entries;
}

/// Without what gave no sample.
std::vector<std::string> Samples(std::string_view bytes, std::string_view path = kEventFile) {
  std::vector<std::string> samples = Read(path, bytes);
  std::erase_if(samples, [](const std::string& entry) { return entry.starts_with('-'); });
  return samples;
}

using Entries = std::vector<std::string>;

std::string Losses() {
  std::string bytes = VersionRecord();
  for (int step = 1; step <= 5; ++step)
    bytes += ScalarRecord(step, "train/loss", 4.0F - 0.5F * static_cast<float>(step));
  return bytes;
}
const Entries kLosses = {"train 3.5 @1", "train 3 @2", "train 2.5 @3", "train 2 @4", "train 1.5 @5"};

TEST(LogStream, ReadsEventFilesByName) { EXPECT_EQ(Samples(Losses()), kLosses); }

TEST(LogStream, ReadsEventFilesByContent) { EXPECT_EQ(Samples(Losses(), "-"), kLosses); }

TEST(LogStream, ReadsTheSameHoweverTheBytesAreSplit) {
  const std::string text = "step 1: train loss 4.0\nstep 2: train loss 3.0\nstep 3: train loss 2.5 \n";
  const Entries whole_text = Read("train.log", text), whole_events = Read(kEventFile, Losses());
  ASSERT_EQ(whole_text.size(), 3U);
  for (std::size_t size = 1; size < 80; ++size) {
    EXPECT_EQ(Read("train.log", text, size), whole_text) << size;
    EXPECT_EQ(Read(kEventFile, Losses(), size), whole_events) << size;
    EXPECT_EQ(Read("-", Losses(), size), whole_events) << size;
  }
}

TEST(LogStream, ReadsAShortText) {
  EXPECT_EQ(Read("-", ""), Entries{});
  EXPECT_EQ(Read("-", "a\nb"), (Entries{"-no_loss", "-no_loss"}));
  EXPECT_EQ(Read("-", "a\n\nb\nc\n", 1), (Entries{"-no_loss", "-blank", "-no_loss", "-no_loss"}));
}

TEST(LogStream, HoldsBackATruncatedRecord) {
  const std::string bytes = Losses();
  EXPECT_EQ(Samples(bytes.substr(0, bytes.size() - 1)), Entries(kLosses.begin(), kLosses.end() - 1));
}

TEST(LogStream, PassesOverADamagedRecord) {
  std::string damaged = ScalarRecord(6, "train/loss", 9);
  damaged[20] ^= 1;
  const Entries entries = Read(kEventFile, Losses() + damaged + ScalarRecord(7, "train/loss", 1));
  ASSERT_GE(entries.size(), 2U);
  EXPECT_EQ(entries[entries.size() - 2], "-unparsable");
  EXPECT_EQ(entries.back(), "train 1 @7");
}

TEST(LogStream, ReportsAMessageThatIsNoEvent) {
  EXPECT_EQ(Read(kEventFile, Record("\xFF\xFF\xFF")), Entries{"-unparsable"});
}

TEST(LogStream, ReadsScalarsOfTensorFlow2) {
  const std::string one = support::LittleEndian(std::bit_cast<std::uint32_t>(2.5F));
  const std::string two = support::LittleEndian(std::bit_cast<std::uint64_t>(1.25));
  const std::string bytes =
      Record(EventMessage(1, TensorValue("epoch_loss", support::VarintField(1, 1) + BytesField(4, one)))) +
      Record(EventMessage(2, TensorValue("epoch_loss", support::VarintField(1, 1) + BytesField(5, one)))) +
      Record(EventMessage(3, TensorValue("epoch_loss", support::VarintField(1, 2) + BytesField(4, two)))) +
      Record(EventMessage(4, TensorValue("epoch_loss", support::VarintField(1, 2) + support::DoubleField(6, 1.25))));
  EXPECT_EQ(Samples(bytes), (Entries{"train 2.5 @1", "train 2.5 @2", "train 1.25 @3", "train 1.25 @4"}));
}

TEST(LogStream, TakesNoTextImageOrVectorForALoss) {
  const std::string text = support::VarintField(1, 7) + BytesField(8, "0.5");
  const std::string vector = support::VarintField(1, 1) + BytesField(4, std::string(8, 'x'));
  const std::string image =
      BytesField(1, BytesField(1, "train/loss") + BytesField(4, BytesField(4, std::string(5000, 'p'))));
  const std::string bytes = Record(EventMessage(1, TensorValue("train/loss", text))) +
                            Record(EventMessage(2, TensorValue("train/loss", vector))) + Record(EventMessage(3, image));
  EXPECT_EQ(Read(kEventFile, bytes), (Entries{"-no_loss", "-no_loss", "-no_loss"}));
}

TEST(LogStream, PassesOverUnknownFields) {
  const std::string unknown = BytesField(90, "later") + support::VarintField(91, 1) + support::FloatField(92, 1);
  const std::string value =
      BytesField(1, unknown + BytesField(1, "train/loss") + support::FloatField(2, 2.5F) + unknown);
  std::string bytes;
  for (const int step : {1, 2, 3}) bytes += Record(unknown + EventMessage(step, unknown + value) + unknown);
  EXPECT_EQ(Samples(bytes), (Entries{"train 2.5 @1", "train 2.5 @2", "train 2.5 @3"}));
}

TEST(LogStream, KeepsStepsThatGoBack) {
  std::string bytes = VersionRecord();
  for (const int step : {100, 200, 300, 200, 300, 400}) bytes += ScalarRecord(step, "train/loss", 2);
  EXPECT_EQ(Samples(bytes),
            (Entries{"train 2 @100", "train 2 @200", "train 2 @300", "train 2 @200", "train 2 @300", "train 2 @400"}));
}

TEST(LogStream, TellsALossThatIsNotFinite) {
  const std::string bytes = Losses() + ScalarRecord(6, "train/loss", std::numeric_limits<float>::quiet_NaN()) +
                            ScalarRecord(7, "train/loss", -std::numeric_limits<float>::infinity());
  const Entries samples = Samples(bytes);
  ASSERT_EQ(samples.size(), 7U);
  EXPECT_EQ(samples[5], "train nan @6");
  EXPECT_EQ(samples[6], "train -inf @7");
}

TEST(LogStream, TellsTrainingFromEvaluation) {
  std::string bytes = VersionRecord();
  for (const int step : {1, 2, 3}) bytes += ScalarRecord(step, "train/loss", 2) + ScalarRecord(step, "eval/loss", 3);
  EXPECT_EQ(Samples(bytes), (Entries{"train 2 @1", "eval 3 @1", "train 2 @2", "eval 3 @2", "train 2 @3", "eval 3 @3"}));
}

}  // namespace
}  // namespace lossd::readers
