#include "readers/log/log_reader.h"

#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <string_view>

namespace lossd::readers {
namespace {

/// The samples of a result in one string: `train 2.5 @120 epoch 0.5 lr 0.1 norm 3; eval ...`.
std::string Shown(const LineResult& result) {
  std::ostringstream out;
  const char* semicolon = "";
  for (const core::Sample& sample : result.samples) {
    out << semicolon << sample.loss << ' ' << sample.value;
    if (sample.step) out << " @" << *sample.step;
    if (sample.epoch) out << " epoch " << *sample.epoch;
    if (sample.learning_rate) out << " lr " << *sample.learning_rate;
    if (sample.gradient_norm) out << " norm " << *sample.gradient_norm;
    semicolon = "; ";
  }
  return out.str();
}

/// What the last of the lines of `text` gives.
std::string Last(std::string_view text, const records::ReaderOptions& options = {}) {
  LogReader reader(options);
  std::string shown;
  while (true) {
    const std::size_t end = text.find('\n');
    shown = Shown(reader.Read(text.substr(0, end)));
    if (end == std::string_view::npos) return shown;
    text.remove_prefix(end + 1);
  }
}

TEST(LogReader, ReadsNanoGpt) {
  EXPECT_EQ(Last("iter 120: loss 2.3141, time 12.34ms, mfu 1.23%"), "train 2.3141 @120");
}

TEST(LogReader, ReadsHuggingFaceDicts) {
  EXPECT_EQ(Last("{'loss': 3.5, 'grad_norm': 2.25, 'learning_rate': 1e-05, 'epoch': 0.25}\n"
                 "{'loss': 2.5, 'grad_norm': 1.25, 'learning_rate': 5e-05, 'epoch': 0.5}"),
            "train 3.5 epoch 0.25 lr 1e-05 norm 2.25; train 2.5 epoch 0.5 lr 5e-05 norm 1.25");
  EXPECT_EQ(Last("{'eval_loss': 1.5, 'eval_runtime': 12.1, 'epoch': 1.0}"), "eval 1.5 epoch 1");
}

TEST(LogReader, ReadsMegatron) {
  EXPECT_EQ(Last(" iteration      100/    1000 | consumed samples:        800 | elapsed time per iteration (ms): 511.2 "
                 "| learning rate: "
                 "1.500E-04 | global batch size:     8 | lm loss: 6.5E+00 | loss scale: 1.0 | grad norm: 2.5 |"),
            "train 6.5 @100 lr 0.00015 norm 2.5");
}

TEST(LogReader, ReadsTorchtitan) {
  EXPECT_EQ(Last("[rank0]:2025-01-02 03:04:05,678 - root - INFO - step:  1  loss:  8.125  grad_norm:  1.5  memory: "
                 "20.16GiB(21.22%)"),
            "train 8.125 @1 norm 1.5");
}

TEST(LogReader, ReadsJsonLines) {
  EXPECT_EQ(Last(R"({"step": 7, "loss": "0.25", "lr": 1e-3})"), "train 0.25 @7 lr 0.001");
}

TEST(LogReader, ReadsCsvBelowItsHeader) {
  EXPECT_EQ(Last("epoch,step,train_loss,val_loss\n1,10,0.5,0.75"), "train 0.5 @10 epoch 1; eval 0.75 @10 epoch 1");
}

TEST(LogReader, ReadsNonFiniteLosses) {
  EXPECT_EQ(Last("step=5 loss=nan"), "train nan @5");
  EXPECT_EQ(Last("step=5 loss=-inf"), "train -inf @5");
}

TEST(LogReader, PatternsOfTheUserComeFirst) {
  records::ReaderOptions options;
  options.patterns.push_back({R"(it=(?P<step>\d+) E=(?P<loss>\S+) on (?P<host>\w+))", "energy"});
  LogReader reader(options);
  const LineResult result = reader.Read("it=5 E=0.5 on node1");
  EXPECT_EQ(Shown(result), "energy 0.5 @5");
  ASSERT_NE(result.labels, nullptr);
  EXPECT_EQ(result.labels->at("host"), "node1");
  EXPECT_EQ(reader.Read("loss: 5").ignored, records::Ignored::kNoLoss);
}

TEST(LogReader, KeysOfTheUserOverrideDetection) {
  records::ReaderOptions options;
  options.loss_key = "energy";
  options.step_key = "tick";
  EXPECT_EQ(Last("tick: 3 energy: 0.5", options), "train 0.5 @3");
}

TEST(LogReader, TakesNoOtherNumberForALoss) {
  for (const char* line :
       {"loss_scale: 65536", "packet loss: 0%", "lossless: 1", "Glossary: 5", "loss time: 3ms", "found 3 losses"}) {
    EXPECT_EQ(Last(line), "") << line;
  }
}

TEST(LogReader, EmitsNoLossThatIsGluedToSomethingElse) {
  EXPECT_EQ(Last("step: 5 loss: 0.6060x"), "");
  EXPECT_EQ(Last("step: 5 loss: 0.60602024-01-31 10:00:00"), "");
}

TEST(LogReader, SeesARecordOfAnotherLoggerGluedToABar) {
  EXPECT_EQ(Last("step: 5 loss: 0.6060I0128 13:08:30.56 123 a.py:1] x"), "train 0.606 @5");
}

}  // namespace
}  // namespace lossd::readers
