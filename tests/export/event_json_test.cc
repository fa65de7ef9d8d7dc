#include "export/event_json.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace lossd::exporter {
namespace {

using core::Event;
using core::Regime;

constexpr double kInf = std::numeric_limits<double>::infinity();

TEST(EventJson, WritesAChangeOfRegime) {
  Event event{.kind = Event::Kind::kRegime, .sample = 41, .step = 420, .value = 2.5, .why = ""};
  event.from = core::Regime::kHealthy;
  event.to = core::Regime::kDiverging;
  event.velocity = 0.5;
  event.acceleration = -0.25;
  EXPECT_EQ(EventJson("llama-7b", "train", event),
            R"({"event":"regime","training_job":"llama-7b","loss":"train","sample":41,"step":420,)"
            R"("from":"healthy","to":"diverging","velocity":0.5,"acceleration":-0.25})");
}

TEST(EventJson, WritesWhatHappenedAtASample) {
  Event event{.kind = Event::Kind::kOutlier, .sample = 7, .step = {}, .value = 9.5, .why = ""};
  EXPECT_EQ(EventJson("j", "eval", event),
            R"({"event":"outlier","training_job":"j","loss":"eval","sample":7,"step":null,"value":9.5})");
  event.kind = Event::Kind::kSpike;
  event.onset = 5;
  EXPECT_EQ(EventJson("j", "eval", event),
            R"({"event":"spike","training_job":"j","loss":"eval","sample":7,"step":null,"value":9.5,"onset":5})");
  event.kind = Event::Kind::kRestart;
  EXPECT_EQ(EventJson("j", "eval", event),
            R"({"event":"restart","training_job":"j","loss":"eval","sample":7,"step":null,"value":9.5})");
}

TEST(EventJson, NamesNumbersThatJsonCannotHold) {
  Event event{.kind = Event::Kind::kNonFinite, .sample = 0, .step = 1, .value = std::nan(""), .why = ""};
  const std::string head = R"({"event":"non_finite","training_job":"j","loss":"train","sample":0,"step":1,"value":)";
  EXPECT_EQ(EventJson("j", "train", event), head + "\"nan\"}");
  event.value = kInf;
  EXPECT_EQ(EventJson("j", "train", event), head + "\"inf\"}");
  event.value = -kInf;
  EXPECT_EQ(EventJson("j", "train", event), head + "\"-inf\"}");
}

TEST(EventJson, EscapesNamesAndReplacesWhatIsNotUtf8) {
  const Event event{.kind = Event::Kind::kRestart, .sample = 0, .step = {}, .value = 1, .why = ""};
  EXPECT_EQ(EventJson("a\"\\\n\xff", "t", event),
            "{\"event\":\"restart\",\"training_job\":\"a\\\"\\\\\\n\xEF\xBF\xBD\",\"loss\":\"t\",\"sample\":0,"
            "\"step\":null,\"value\":1.0}");
}

TEST(SummaryJson, WritesTheDynamicsOfTheGivenWindow) {
  core::SeriesSnapshot series;
  series.windows.resize(2);
  series.windows[0].window = 10;
  series.windows[0].velocity = series.windows[0].acceleration = 1;
  series.windows[1].window = 30;
  series.windows[1].velocity = -0.5;
  series.samples = 100;
  series.first_step = 1;
  series.last_step = 1000;
  series.loss = kInf;
  series.best = 0.125;
  series.regime = core::Regime::kNonFinite;
  series.nonfinite = {1, 2, 3};
  series.spikes = 4;
  series.restarts = 5;
  series.regime_samples = {10, 5, 20, 30, 0, 0, 0, 0, 0, 40, 0};
  EXPECT_EQ(SummaryJson("j", "train", series, 30),
            R"({"event":"summary","training_job":"j","loss":"train","samples":100,"first_step":1,"last_step":1000,)"
            R"("last_loss":"inf","best_loss":0.125,"velocity":-0.5,"acceleration":null,"role":"whole",)"
            R"("regime":"non_finite","nonfinite":6,"spikes":4,"restarts":5,"regime_samples":{"warming_up":10,)"
            R"("undecided":5,"healthy":20,"converging":30,"plateau":0,"constant":0,"diverging":0,"overfitting":0,)"
            R"("oscillating":0,"non_finite":40,"stalled":0}})");
}

TEST(SummaryJson, IsNullWhereNothingIsKnown) {
  const std::string line = SummaryJson("j", "train", {}, 30);
  EXPECT_NE(line.find(R"("first_step":null,"last_step":null,"last_loss":null,"best_loss":null,"velocity":null)"),
            std::string::npos)
      << line;
}

}  // namespace
}  // namespace lossd::exporter
