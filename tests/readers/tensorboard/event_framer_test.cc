#include "readers/tensorboard/event_framer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "support/event_file.h"

namespace lossd::readers {
namespace {

using support::Record;
using support::RecordHeader;
using Fault = EventFramer::Fault;

/// What a stream in pieces of `size` gives, a character or a message each.
std::vector<std::string> Cut(EventFramer& framer, std::string_view bytes, std::size_t size) {
  std::vector<std::string> records;
  for (; !bytes.empty(); bytes.remove_prefix(std::min(size, bytes.size()))) {
    framer.Push(bytes.substr(0, size));
    while (const auto record = framer.Next()) {
      switch (record->fault) {
        case Fault::kNone:
          records.emplace_back(record->message);
          break;
        case Fault::kTooLong:
          records.emplace_back("<too long>");
          break;
        case Fault::kWrongMessage:
          records.emplace_back("<wrong message>");
          break;
        case Fault::kWrongLength:
          records.emplace_back("<wrong length>");
          break;
      }
    }
  }
  return records;
}

std::vector<std::string> Cut(std::string_view bytes, std::size_t size = std::string_view::npos) {
  EventFramer framer;
  return Cut(framer, bytes, size);
}

using Records = std::vector<std::string>;

TEST(EventFramer, KnowsTheChecksumsOfTensorFlow) {
  // The first bytes of every event file of TensorFlow 1: a version record of 24 bytes.
  EXPECT_TRUE(StartsAsEventFile({"\x18\0\0\0\0\0\0\0\xA3\x7F\x4B\x22", 12}));
}

TEST(EventFramer, GivesRecordsHoweverTheyAreSplit) {
  const std::string bytes = Record("one") + Record("") + Record(std::string(300, 'x')) + Record("four");
  const Records whole = {"one", "", std::string(300, 'x'), "four"};
  for (std::size_t size = 1; size <= bytes.size(); ++size) EXPECT_EQ(Cut(bytes, size), whole) << size;
}

TEST(EventFramer, HoldsBackARecordThatIsNotWhole) {
  const std::string first = Record("one"), second = Record("two");
  for (std::size_t cut = 0; cut < second.size(); ++cut) {
    EventFramer framer;
    EXPECT_EQ(Cut(framer, first + second.substr(0, cut), 1000), Records{"one"});
    EXPECT_EQ(framer.offset(), first.size());
    EXPECT_EQ(framer.pending(), cut);
    EXPECT_EQ(Cut(framer, second.substr(cut), 1000), Records{"two"});
    EXPECT_EQ(framer.offset(), first.size() + second.size());
  }
}

TEST(EventFramer, PassesOverADamagedMessage) {
  std::string damaged = Record("two");
  damaged[13] ^= 1;
  EXPECT_EQ(Cut(Record("one") + damaged + Record("three")), (Records{"one", "<wrong message>", "three"}));
}

TEST(EventFramer, EndsAtADamagedLength) {
  std::string damaged = Record("two");
  damaged[0] ^= 1;
  const std::string bytes = Record("one") + damaged + Record("three");
  for (const std::size_t size : {std::size_t{1}, std::size_t{7}, bytes.size()}) {
    EventFramer framer;
    EXPECT_EQ(Cut(framer, bytes, size), (Records{"one", "<wrong length>"})) << size;
    EXPECT_TRUE(framer.damaged());
    EXPECT_EQ(framer.offset(), Record("one").size());
  }
}

TEST(EventFramer, TellsEveryBitFlip) {
  const std::string record = Record("message");
  for (std::size_t bit = 0; bit < record.size() * 8; ++bit) {
    std::string damaged = record;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
    const Records expected = {bit < 12 * 8 ? "<wrong length>" : "<wrong message>"};
    EXPECT_EQ(Cut(damaged), expected) << bit;
  }
}

TEST(EventFramer, BelievesNoImpossibleLength) {
  EXPECT_EQ(Cut(RecordHeader(~0ULL)), Records{"<wrong length>"});
  EXPECT_EQ(Cut(RecordHeader(EventFramer::kMaxRecord + 1)), Records{"<wrong length>"});
  EXPECT_EQ(Cut(RecordHeader(EventFramer::kMaxRecord)), Records{});
}

TEST(EventFramer, PassesOverALongMessage) {
  std::string image = Record(std::string(EventFramer::kMaxMessage + 1, 'i'));
  const std::string kept = Record(std::string(EventFramer::kMaxMessage, 'k'));
  const std::string bytes = Record("one") + image + Record("two");
  EXPECT_EQ(Cut(bytes), (Records{"one", "<too long>", "two"}));
  EXPECT_EQ(Cut(bytes, 65536), (Records{"one", "<too long>", "two"}));
  EXPECT_EQ(Cut(kept, 65536), Records{std::string(EventFramer::kMaxMessage, 'k')});
  image.back() ^= 1;
  EXPECT_EQ(Cut(image + Record("two"), 65536), (Records{"<wrong message>", "two"}));
}

TEST(EventFramer, GoesOnAtAnOffset) {
  const std::string first = Record("one"), second = Record("two");
  EventFramer framer;
  EXPECT_EQ(Cut(framer, first + second.substr(0, 5), 4), Records{"one"});
  framer.Reset(first.size());
  EXPECT_EQ(framer.pending(), 0U);
  EXPECT_EQ(Cut(framer, second, 4), Records{"two"});
  EXPECT_EQ(framer.offset(), first.size() + second.size());
}

TEST(EventFramer, KnowsAnEventFileByItsHead) {
  EXPECT_TRUE(StartsAsEventFile(support::VersionRecord()));
  EXPECT_FALSE(StartsAsEventFile(support::VersionRecord().substr(0, 11)));
  EXPECT_FALSE(StartsAsEventFile("step 1: loss 2.5"));
  EXPECT_FALSE(StartsAsEventFile(std::string(12, '\0')));
}

}  // namespace
}  // namespace lossd::readers
