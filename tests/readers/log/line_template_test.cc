#include "readers/log/line_template.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <optional>
#include <random>
#include <string>

#include "readers/log/formats/key_value_scanner.h"
#include "readers/log/log_reader.h"

namespace lossd::readers {
namespace {

records::Record TheLongWay(std::string_view line, records::Fields& fields) {
  fields.clear();
  records::Record reading;
  ScanPairs(line, fields);
  records::Interpret(line, fields, records::ReaderOptions{}, reading);
  return reading;
}

LineTemplate TemplateOf(std::string_view line) {
  records::Fields fields;
  const records::Record reading = TheLongWay(line, fields);
  return *LineTemplate::Learn(line, 0, std::nullopt, reading);
}

TEST(LineTemplate, ReadsTheNumbersOfALineOfEqualShape) {
  LineTemplate known = TemplateOf("step 120 loss 2.3100 lr 1e-05 grad_norm 0.70 epoch 1");
  const records::Record* match = known.Match("step 98700 loss 1.0625 lr 3e-04 grad_norm 1.25 epoch 2");
  ASSERT_NE(match, nullptr);
  const records::Record& reading = *match;
  ASSERT_EQ(reading.loss_count(), 1U);
  EXPECT_EQ(reading.loss(0).series, "train");
  EXPECT_EQ(reading.loss(0).value, 1.0625);
  EXPECT_EQ(reading.step, 98700);
  EXPECT_EQ(reading.learning_rate, 3e-4);
  EXPECT_EQ(reading.gradient_norm, 1.25);
  EXPECT_EQ(reading.epoch, 2);
}

TEST(LineTemplate, MatchesNoOtherText) {
  LineTemplate known = TemplateOf("step 120 loss 2.3100");
  for (const char* line : {"step 120 lost 2.3100", "step 120 loss 2.3100 ", "step 120 loss", "", "step 1.5 loss 2.3100",
                           "step -1 loss 2.31", "step 120 loss 2.31x", " step 120 loss 2.3100"}) {
    EXPECT_EQ(known.Match(line), nullptr) << line;
  }
}

TEST(LineTemplate, PaddingAndNonFiniteNumbersMatch) {
  LineTemplate known = TemplateOf("step   120/900 | loss 2.3100 | 12ms");
  ASSERT_NE(known.Match("step 7/900 | loss    nan | 12345ms"), nullptr);
  EXPECT_TRUE(std::isnan(known.Match("step 7/900 | loss    nan | 12345ms")->loss(0).value));
}

TEST(LineTemplate, TakesTheWordsWithWhichItWasUnderstoodAlike) {
  LineTemplate known = TemplateOf("step 120 loss 2.3100 on kavo at 12 W");
  EXPECT_TRUE(known.Take(TemplateOf("step 7 loss 1.5 on lo at 999 W")));
  EXPECT_TRUE(known.Take(TemplateOf("step 8 loss 1.5 on kavor at 9 W")));
  records::Fields fields;
  for (const std::string word : {"kavo", "lo", "kavor"}) {
    const std::string line = "step 8123 loss 1.0625 on " + word + " at 3 W";
    const records::Record* match = known.Match(line);
    ASSERT_NE(match, nullptr) << word;
    const records::Record whole = TheLongWay(line, fields);
    EXPECT_EQ(match->loss(0).value, 1.0625);
    EXPECT_EQ(match->step, 8123);
    EXPECT_EQ(match->text, whole.text);
    EXPECT_EQ(match->layout, whole.layout);
  }
  for (const char* line : {"step 1 loss 1.5 on mi at 3 W", "step 1 loss 1.5 on  at 3 W",
                           "step 1 loss 1.5 on lo1 at 3 W", "step 1 loss 1.5 at lo on 3 W"}) {
    EXPECT_EQ(known.Match(line), nullptr) << line;
  }
}

TEST(LineTemplate, TakesNoOtherMeaningAndNoSecondWord) {
  LineTemplate known = TemplateOf("step 120 loss 2.3100 on kavo at 12 W");
  for (const char* line : {"step 120 loss 2.3100 on kavo in 12 W extra", "step 120 cost 2.3100 on kavo at 12 W",
                           "epoch 120 loss 2.3100 on kavo at 12 W", "step 120 loss 2.3100 by lo at 12 W",
                           "step 120 loss 2.3100 on kavo at 12 W"}) {
    EXPECT_FALSE(known.Take(TemplateOf(line))) << line;
  }
  EXPECT_TRUE(known.Take(TemplateOf("step 120 loss 2.3100 on lo at 12 W")));
  EXPECT_FALSE(known.Take(TemplateOf("step 120 loss 2.3100 on kavo at 12 V")));
}

TEST(LineTemplate, LearnsNothingFromNumbersThatDoNotStandInTheText) {
  records::Fields fields;
  const std::string line = "epoch 1 objective for minibatches 10-19 is -0.5 + -0.25 = -0.75 over 10";
  const records::Record reading = TheLongWay(line, fields);
  EXPECT_FALSE(LineTemplate::Learn(line, 0, std::nullopt, reading));
}

TEST(LineTemplate, GivesWhatTheLongWayGives) {
  const std::string forms[] = {"iter #: loss #.##, time #.##ms, mfu #.#%", "[#] step=# train_loss=#.# lr=#e-0#",
                               "epoch # | loss #.# | val_loss #.#",
                               "{'loss': #.#, 'learning_rate': #e-0#, 'epoch': #.#}",
                               "loss_cls: #.#, loss_box: #.#, loss: #.#, iter: #"};
  std::mt19937_64 random(6);
  std::uniform_int_distribution<int> digit('0', '9'), width(1, 2);
  for (const std::string& form : forms) {
    TemplateCache cache;
    records::Fields fields;
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
      const records::Record expected = TheLongWay(line, fields);
      records::Record* match = nullptr;
      if (cache.Find(line, match) == nullptr) {
        if (expected.loss_count() > 0) cache.Learn(line, 0, std::nullopt, expected);
        continue;
      }
      const records::Record& reading = *match;
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

TEST(LineTemplate, TheLengthOfAPassMustBeEqual) {
  LineTemplate known = TemplateOf("[10/200] loss: 0.5000");
  EXPECT_NE(known.Match("[11/200] loss: 0.4000"), nullptr);
  EXPECT_EQ(known.Match("[11/300] loss: 0.4000"), nullptr);
}

}  // namespace
}  // namespace lossd::readers
