#include "ingest/shape_memory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>

#include "ingest/formats/pair_scanner.h"
#include "ingest/log_reader.h"

namespace lossd::ingest {
namespace {

Reading TheLongWay(std::string_view line, Fields& fields) {
  fields.clear();
  Reading reading;
  ScanPairs(line, fields);
  Interpret(line, fields, ReaderOptions{}, reading);
  return reading;
}

ShapeMemory MemoryOf(std::string_view line) {
  Fields fields;
  const Reading reading = TheLongWay(line, fields);
  ShapeMemory memory;
  memory.Keep(line, fields, reading);
  return memory;
}

TEST(ShapeMemory, ReadsTheNumbersOfALineOfEqualShape) {
  ShapeMemory memory = MemoryOf("step 120 loss 2.3100 lr 1e-05 grad_norm 0.70 epoch 1");
  Reading reading;
  ASSERT_TRUE(memory.Recall("step 987 loss 1.0625 lr 3e-04 grad_norm 1.25 epoch 2", reading));
  ASSERT_EQ(reading.loss_count(), 1U);
  EXPECT_EQ(reading.loss(0).series, "train");
  EXPECT_EQ(reading.loss(0).value, 1.0625);
  EXPECT_EQ(reading.step, 987);
  EXPECT_EQ(reading.learning_rate, 3e-4);
  EXPECT_EQ(reading.gradient_norm, 1.25);
  EXPECT_EQ(reading.epoch, 2);
}

TEST(ShapeMemory, KnowsNoLineOfAnotherShape) {
  ShapeMemory memory = MemoryOf("step 120 loss 2.3100");
  Reading reading;
  for (const char* line : {"step 1200 loss 2.3100", "step 120 loss -2.310", "step 120 loss 2.310",
                           "step 120 lost 2.3100", "step 120 loss 2.3100 ", "", "step 120 loss nan   "}) {
    EXPECT_FALSE(memory.Recall(line, reading)) << line;
  }
}

TEST(ShapeMemory, GivesWhatTheLongWayGives) {
  const std::string forms[] = {"iter #: loss #.##, time #.##ms, mfu #.#%", "[#] step=# train_loss=#.# lr=#e-0#",
                               "epoch # | loss #.# | val_loss #.#",
                               "{'loss': #.#, 'learning_rate': #e-0#, 'epoch': #.#}",
                               "loss_cls: #.#, loss_box: #.#, loss: #.#, iter: #"};
  std::mt19937_64 random(6);
  std::uniform_int_distribution<int> digit('0', '9'), width(1, 2);
  for (const std::string& form : forms) {
    ShapeMemory memory;
    Fields fields;
    int recalled = 0;
    for (int i = 0; i < 3000; ++i) {
      std::string line;
      for (const char c : form) {
        if (c != '#') {
          line += c;
          continue;
        }
        for (int n = width(random); n > 0; --n) line += static_cast<char>(digit(random));
      }
      const Reading expected = TheLongWay(line, fields);
      Reading reading;
      if (!memory.Recall(line, reading)) {
        if (expected.loss_count() > 0) memory.Keep(line, fields, expected);
        continue;
      }
      ++recalled;
      ASSERT_EQ(reading.loss_count(), expected.loss_count()) << line;
      for (std::size_t n = 0; n < expected.loss_count(); ++n) {
        EXPECT_EQ(reading.loss(n).series, expected.loss(n).series) << line;
        EXPECT_EQ(reading.loss(n).value, expected.loss(n).value) << line;
        EXPECT_EQ(reading.loss(n).form, expected.loss(n).form) << line;
      }
      EXPECT_EQ(reading.step, expected.step) << line;
      EXPECT_EQ(reading.epoch, expected.epoch) << line;
      EXPECT_EQ(reading.learning_rate, expected.learning_rate) << line;
      EXPECT_EQ(reading.text, expected.text) << line;
    }
    EXPECT_GT(recalled, 0) << form;
  }
}

TEST(ShapeMemory, TheLengthOfAPassMustBeEqual) {
  ShapeMemory memory = MemoryOf("[10/200] loss: 0.5000");
  Reading reading;
  EXPECT_TRUE(memory.Recall("[11/200] loss: 0.4000", reading));
  EXPECT_FALSE(memory.Recall("[11/300] loss: 0.4000", reading));
}

TEST(ShapeMemory, ACountOfNanIterationsMustBeEqual) {
  ShapeMemory memory = MemoryOf("iteration 10 | lm loss: 2.5 | number of nan iterations: 0 |");
  Reading reading;
  EXPECT_TRUE(memory.Recall("iteration 11 | lm loss: 2.4 | number of nan iterations: 0 |", reading));
  EXPECT_FALSE(memory.Recall("iteration 12 | lm loss: 2.4 | number of nan iterations: 1 |", reading));
}

TEST(ShapeMemory, ALossOfZeroBesideAGradientNormGoesTheLongWay) {
  ShapeMemory memory = MemoryOf("step 1 loss 2.5 grad_norm nan");
  Reading reading;
  EXPECT_TRUE(memory.Recall("step 2 loss 2.4 grad_norm nan", reading));
  EXPECT_FALSE(memory.Recall("step 3 loss 0.0 grad_norm nan", reading));
}

}  // namespace
}  // namespace lossd::ingest
