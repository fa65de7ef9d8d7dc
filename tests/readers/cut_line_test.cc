// A log may end anywhere, in the middle of a number, too: no prefix of a line gives a number that the whole line does
// not.
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "readers/log_stream.h"

namespace lossd::readers {
namespace {

/// Series and value of each sample; NaN as a text that equals itself.
using Values = std::multiset<std::pair<std::string, std::string>>;

void Note(const LogStream::Entry& entry, Values& values) {
  for (const core::Sample& sample : entry.result.samples) {
    values.emplace(sample.loss, std::to_string(sample.value) + "@" + std::to_string(sample.step.value_or(-1)));
  }
}

Values ReadAll(std::string_view bytes) {
  LogStream log("train.log");
  Values values;
  log.Push(bytes);
  while (const auto entry = log.Next()) Note(entry, values);
  while (const auto entry = log.Finish()) Note(entry, values);
  return values;
}

/// Three lines of one kind: the format is known by the third.
struct Log {
  const char* name;
  const char* text;
};

constexpr std::array kLogs = {
    Log{"nano_gpt",
        "iter 10: loss 2.3141, time 12.34ms\niter 11: loss 2.3042, time 12.34ms\niter 1200: loss 0.6060, time "
        "12.34ms\n"},
    Log{"python_dict",
        "{'loss': 2.5, 'learning_rate': 1e-05, 'epoch': 0.1}\n{'loss': 2.41, 'learning_rate': 1e-05, 'epoch': 0.2}\n"
        "{'epoch': 0.31, 'loss': 2.25}\n"},
    Log{"value_last", "step 10 loss 2.5\nstep 11 loss 2.41\nstep 12 loss 0.6060\n"},
    Log{"exponent", "step 10 loss 2.5e-01\nstep 11 loss 2.41e-01\nstep 12 loss 6.06e-05\n"},
    Log{"thousands", "step: 10, loss: 1,201.5\nstep: 11, loss: 1,199.25\nstep: 1,200, loss: 1,234.5\n"},
    Log{"meter",
        "Epoch: [1][10/500] Loss 2.5041 (2.6012)\nEpoch: [1][20/500] Loss 2.4412 (2.5801)\n"
        "Epoch: [1][300/500] Loss 2.3316 (2.5013)\n"},
    Log{"json", "{\"step\": 10, \"loss\": 2.5}\n{\"step\": 11, \"loss\": 2.41}\n{\"step\": 12, \"loss\": 0.6060}\n"},
    Log{"csv", "step,loss\n10,2.5\n11,2.41\n1200,0.6060\n"},
    Log{"value_before_name",
        " 99: 13.5, 13.95 avg loss, 0.001 rate, 3.2 seconds, 6336 images\n"
        " 100: 12.5, 13.75 avg loss, 0.001 rate, 3.2 seconds, 6400 images\n"},
    Log{"keras",
        "10/100 [==>...] - loss: 2.5012 - accuracy: 0.5\n20/100 [===>..] - loss: 2.4012 - accuracy: 0.5\n"
        "100/100 [=====] - loss: 2.3012 - val_loss: 2.1234\n"},
    Log{"nan", "step 10 loss 2.5 lr 0.1\nstep 11 loss nan lr 0.1\nstep 12 loss -inf lr 0.1\n"},
    Log{"sign", "step 10 loss -2.5\nstep 11 loss -2.41\nstep 12 loss -0.6060\n"},
};

class CutLine : public ::testing::TestWithParam<Log> {};

TEST_P(CutLine, GivesNoNumberThatTheWholeLineDoesNot) {
  const std::string text = GetParam().text;
  const std::size_t last = text.rfind('\n', text.size() - 2) + 1;
  const Values whole = ReadAll(text);
  ASSERT_GE(whole.size(), 2u);
  for (std::size_t size = last; size < text.size(); ++size) {
    for (const auto& sample : ReadAll(text.substr(0, size))) {
      EXPECT_TRUE(whole.contains(sample))
          << sample.first << " " << sample.second << " from `" << text.substr(last, size - last) << "`";
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Formats, CutLine, ::testing::ValuesIn(kLogs),
                         [](const ::testing::TestParamInfo<Log>& log) { return std::string(log.param.name); });

}  // namespace
}  // namespace lossd::readers
