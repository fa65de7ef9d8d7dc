// Trains a small network for real and logs like a framework. See --help.
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <string>
#include <string_view>
#include <thread>

#include "demo/advice_client.h"
#include "demo/fault.h"
#include "demo/log_style.h"
#include "demo/lr_adviser.h"
#include "demo/training.h"

namespace {

using namespace lossd::demo;

constexpr std::string_view kUsage = R"(usage: demo_trainer [OPTION...]
Trains a small neural network on spirals by SGD and logs like a real trainer.

  --format STYLE      nanogpt (default), hf, json, csv, megatron, keras, torchtitan
  --output FILE       append the log to FILE instead of writing it to standard output
  --steps N           train for N steps (2000)
  --seed N            of data, weights and batches (1)
  --lr RATE           peak learning rate (0.05)
  --batch N           points in a batch (32)
  --interval-ms N     wait between steps (0)
  --log-every N       log each Nth step (1)
  --eval-every N      log the evaluation loss at each Nth step (0: never)
  --fault KIND@STEP[:AMOUNT]  go wrong from STEP on; may be given several times:
                      lr-jump@500:30 overflow@500 nan@500 freeze@500 corrupt@500:20 oscillate@500:24 rewind@500:100 hang@500:5
  --advice-url URL    follow lossd's advice on the learning rate: http://HOST:PORT/api/v1/jobs/JOB/advice
  --advice-every N    ask for it each Nth step (20); after a change nothing is changed for 100 steps
)";

constexpr std::int64_t kCoolDown = 100;
constexpr auto kPatience = std::chrono::seconds(60);

struct Options {
  TrainingOptions training;
  LogStyle style = LogStyle::kNanogpt;
  std::string output;
  std::int64_t interval_ms = 0, log_every = 1, eval_every = 0, advice_every = 20;
  std::optional<AdviceClient> advice;
};

[[noreturn]] void Fail(const std::string& message) {
  std::cerr << "demo_trainer: " << message << " (--help shows what there is)\n";
  std::exit(2);
}

template <typename Number>
void Parse(std::string_view flag, std::string_view text, Number least, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < least) {
    Fail("bad value for " + std::string(flag) + ": '" + std::string(text) + "'");
  }
}

Options ParseOptions(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string_view flag = argv[i];
    if (flag == "--help") {
      std::cout << kUsage;
      std::exit(0);
    }
    if (i + 1 == argc) Fail("unknown option or missing value: " + std::string(flag));
    const std::string_view value = argv[++i];
    if (flag == "--format") {
      const auto style = ParseLogStyle(value);
      if (!style) Fail("unknown format '" + std::string(value) + "'");
      options.style = *style;
    } else if (flag == "--output") {
      options.output = value;
    } else if (flag == "--steps") {
      Parse<std::int64_t>(flag, value, 1, options.training.steps);
    } else if (flag == "--seed") {
      Parse<std::uint64_t>(flag, value, 0, options.training.seed);
    } else if (flag == "--lr") {
      Parse<double>(flag, value, 0, options.training.learning_rate);
    } else if (flag == "--batch") {
      Parse<std::size_t>(flag, value, 1, options.training.batch);
    } else if (flag == "--interval-ms") {
      Parse<std::int64_t>(flag, value, 0, options.interval_ms);
    } else if (flag == "--log-every") {
      Parse<std::int64_t>(flag, value, 1, options.log_every);
    } else if (flag == "--eval-every") {
      Parse<std::int64_t>(flag, value, 0, options.eval_every);
    } else if (flag == "--fault") {
      const auto fault = ParseFault(value);
      if (!fault) Fail("not a fault: '" + std::string(value) + "'");
      options.training.faults.push_back(*fault);
    } else if (flag == "--advice-url") {
      options.advice = AdviceClient::Parse(value);
      if (!options.advice) Fail("want http://HOST:PORT/PATH, got '" + std::string(value) + "'");
    } else if (flag == "--advice-every") {
      Parse<std::int64_t>(flag, value, 1, options.advice_every);
    } else {
      Fail("unknown option " + std::string(flag));
    }
  }
  return options;
}

void Apply(const LrAdvice& advice, const LrChange& change, std::int64_t step, Training& training) {
  std::cerr << "demo_trainer: step " << step << ": " << advice.reason;
  if (change.factor != 1) std::cerr << ", learning rate x " << change.factor;
  training.ScaleLearningRate(change.factor);
  if (change.resume_from) {
    const bool resumed = training.ResumeFrom(*change.resume_from);
    std::cerr << (resumed ? ", back to step " : ", no checkpoint left from step ") << *change.resume_from;
  }
  std::cerr << '\n';
}

}  // namespace

int main(int argc, char** argv) {
  Options options = ParseOptions(argc, argv);
  std::ofstream file;
  if (!options.output.empty()) {
    file.open(options.output, std::ios::app);
    if (!file) Fail("cannot write to " + options.output);
  }
  std::ostream& log = options.output.empty() ? std::cout : file;

  Training training(options.training);
  LogWriter writer(options.style, options.training, training.steps_per_epoch());
  LrAdviser adviser(options.advice_every, kCoolDown);
  std::int64_t logged_step = 0;
  log << writer.Begin() << std::flush;
  for (bool done = false; !done;) {
    const auto start = std::chrono::steady_clock::now();
    const StepReport report = training.Step();
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
    if (report.step % options.log_every == 0) {
      log << writer.Step(report, took.count());
      logged_step = report.step;
    }
    if (options.eval_every != 0 && report.step % options.eval_every == 0)
      log << writer.Eval(report, training.EvalLoss());
    log.flush();
    if (!log) return 1;  // the disk is full, or whoever read our pipe has gone
    done = report.step + 1 >= options.training.steps;
    if (options.advice && adviser.Due()) {
      const auto advice = options.advice->AskAbout(logged_step, kPatience);
      if (!advice) {
        std::cerr << "demo_trainer: nobody advises on this run; it goes on without\n";
        options.advice.reset();
      } else if (const LrChange change = adviser.Consider(*advice); !change.none()) {
        Apply(*advice, change, report.step, training);
      }
    }
    std::this_thread::sleep_for(std::chrono::duration<double>(report.hang_seconds) +
                                std::chrono::milliseconds(options.interval_ms));
  }
  return 0;
}
