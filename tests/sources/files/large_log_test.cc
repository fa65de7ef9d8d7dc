// A log too large to be read again as a whole when lossd starts anew: what the reader must know of it is known again.
#include <gtest/gtest.h>

#include <functional>
#include <ostream>
#include <string>
#include <vector>

#include "sources/files/tailed_file.h"
#include "support/tailer_fixture.h"

namespace lossd::sources {
namespace {

/// `head`, then a record and a kilobyte of other output for each step.
struct Log {
  const char* name;
  const char* path;
  std::string head;
  std::function<std::string(int step)> record;
};
void PrintTo(const Log& log, std::ostream* out) { *out << log.name; }

std::string Value(int step) { return std::to_string(1 + step % 7) + "." + std::to_string(100 + step * 37 % 900); }

const std::vector<Log>& Logs() {
  static const std::vector<Log> logs = {
      {"csv", "/logs/a.csv", "epoch,step,train_loss,lr,note\n",
       [](int step) {
         return "0," + std::to_string(step) + "," + Value(step) + ",0.1," + std::string(1024, 'x') + "\n";
       }},
      {"ranks", "/logs/a.log", "",
       [](int step) {
         std::string text;
         for (const char* const rank : {"1", "0", "2"}) {
           text +=
               "[rank" + std::string(rank) + "]: step " + std::to_string(step) + " loss " + rank + Value(step) + "\n";
         }
         return text;
       }},
      {"step_above", "/logs/a.log", "",
       [](int step) { return "Step " + std::to_string(step) + ":\n  lr=0.1\n  train_loss=" + Value(step) + "\n"; }},
      {"two_tellings", "/logs/a.log", "",
       [](int step) {
         std::string text = "{'loss': " + Value(step) + ", 'step': " + std::to_string(step) + "}\n";
         if (step % 10 == 0) text += "average loss so far " + Value(step + 1) + "\n";
         return text;
       }},
      {"evaluation_from_the_middle_on", "/logs/a.log", "",
       [](int step) {
         std::string text = "step " + std::to_string(step) + ": loss " + Value(step) + "\n";
         if (step > 2500 && step % 100 == 0)
           text += "step " + std::to_string(step) + ": eval_loss " + Value(step) + "\n";
         return text;
       }},
  };
  return logs;
}

class LargeLog : public test::TailerFixture, public ::testing::WithParamInterface<Log> {
 protected:
  using Samples = std::vector<std::string>;

  static std::string Part(int first, int last) {
    std::string text = first == 1 ? GetParam().head : "";
    for (int step = first; step <= last; ++step) {
      // Of the kind that a table's reader takes for no row.
      if (!std::string(GetParam().path).ends_with(".csv")) text += std::string(1024, '.') + "\n";
      text += GetParam().record(step);
    }
    return text;
  }
  /// Every sample of the log when it is cut here and there, with another process for each piece.
  Samples Read(const std::vector<int>& ends) {
    batches_.clear();
    saved_.clear();
    files_.Remove(GetParam().path);
    int step = 0;
    for (const int end : ends) {
      files_.Append(GetParam().path, Part(step + 1, end));
      Follow(GetParam().path);
      Tick();
      Tick();
      step = end;
    }
    EXPECT_GT(files_.Contents(GetParam().path).size(), TailedFile::kWholePrefix);
    Samples samples;
    for (const FileBatch& batch : batches_) {
      for (const core::Sample& sample : batch.samples) {
        samples.push_back(sample.loss + " " + std::to_string(sample.value) + " @" +
                          std::to_string(sample.step.value_or(-1)));
      }
    }
    return samples;
  }
};

TEST_P(LargeLog, GivesTheSameAcrossRestarts) {
  const int last = 6000;
  files_.Append(GetParam().path, "");
  const Samples whole = Read({last});
  ASSERT_GE(whole.size(), static_cast<std::size_t>(last) - 10);
  EXPECT_EQ(Read({last / 2, last - 100, last - 99, last}), whole);
}

INSTANTIATE_TEST_SUITE_P(Formats, LargeLog, ::testing::ValuesIn(Logs()));

}  // namespace
}  // namespace lossd::sources
