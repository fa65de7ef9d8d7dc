#include "config/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>
#include <string>
#include <vector>

#include "app/parts.h"

namespace lossd::config {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::nanoseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> Texts(const std::vector<ConfigError>& errors) {
  std::vector<std::string> texts;
  for (const ConfigError& error : errors) texts.push_back(error.Text());
  return texts;
}

TEST(Config, HasADefaultForEverything) {
  const ConfigDocument document = ParseConfig("", "lossd.yml");
  ASSERT_THAT(Texts(document.errors), IsEmpty());
  const Config& config = document.config;
  EXPECT_THAT(config.files, IsEmpty());
  EXPECT_THAT(config.series, IsEmpty());
  EXPECT_THAT(config.external_labels, IsEmpty());
  EXPECT_EQ(config.tracker.window, 30u);
  EXPECT_THAT(config.tracker.windows, ElementsAre(10, 30, 100));
  EXPECT_EQ(config.tracker.half_life, 15);
  EXPECT_EQ(config.jobs.ttl, hours(1));
  EXPECT_EQ(config.jobs.finished_ttl, minutes(5));
  EXPECT_EQ(config.jobs.max_jobs, 10000u);
  EXPECT_EQ(config.jobs.max_series_per_job, 64u);
  EXPECT_EQ(config.jobs.max_series, 50'000u);
  EXPECT_EQ(config.jobs.max_label_bytes, 16u << 20);
  EXPECT_EQ(config.jobs.max_name_bytes, 256u);
  EXPECT_EQ(config.jobs.max_labels, 16u);
  EXPECT_EQ(config.follow.max_line_bytes, 65536u);
  EXPECT_EQ(config.follow.bytes_per_turn, 1048576u);
  EXPECT_EQ(config.follow.max_files, 20000u);
  EXPECT_EQ(config.follow.discovery_interval, seconds(5));
  EXPECT_EQ(config.follow.busy_interval, milliseconds(50));
  EXPECT_EQ(config.follow.idle_interval, seconds(1));
  EXPECT_EQ(config.follow.looks_per_second, 2000u);
  EXPECT_EQ(config.follow.max_open_files, 512u);
  EXPECT_EQ(config.follow.close_after, minutes(1));
  EXPECT_EQ(config.follow.rotated_silence, minutes(5));
  EXPECT_TRUE(config.inotify);
  EXPECT_EQ(config.http.max_body_bytes, std::size_t{8} << 20);
  EXPECT_EQ(config.http.max_header_bytes, std::size_t{16} << 10);
  EXPECT_EQ(config.http.max_connections, 4096u);
  EXPECT_EQ(config.http.header_timeout, seconds(10));
  EXPECT_EQ(config.http.body_timeout, seconds(30));
  EXPECT_EQ(config.http.idle_timeout, seconds(75));
  EXPECT_EQ(config.http.write_timeout, seconds(30));
  EXPECT_EQ(config.storage.save_interval, seconds(30));
  EXPECT_EQ(config.shutdown.drain_timeout, seconds(5));
  EXPECT_EQ(config.shutdown.exit_grace, seconds(15));
}

TEST(Config, ReadsEveryKindOfValue) {
  const ConfigDocument document = ParseConfig(R"(
files:
  - path: /runs/*/train.log
    exclude: ["*.gz", "/runs/old/*"]
    training_job: llama
    labels: {team: nlp, gpus: 8}
    path_regex: "/runs/(?P<experiment>[^/]+)/.*"
    from_end: true
    max_age: 1w
    patterns: [{regex: 'l=(?P<loss>\S+)', series: eval}]
    keys: {loss: nll, lr: eta}
series:
  - {training_job: "ppo-.*", profile: trendless, role: policy, direction: higher_is_better}
tracker: {window: 50, windows: [5, 50], half_life: 2.5}
jobs: {ttl: 1h30m, max_name_size: 1KiB}
metrics: {exclude: [loss_noise, "training_regime.*"]}
)",
                                              "lossd.yml");
  ASSERT_THAT(Texts(document.errors), IsEmpty());
  ASSERT_EQ(document.config.files.size(), 1u);
  const sources::SourceOptions& source = document.config.files[0];
  EXPECT_EQ(source.path, "/runs/*/train.log");
  EXPECT_THAT(source.exclude, ElementsAre("*.gz", "/runs/old/*"));
  EXPECT_EQ(source.job, "llama");
  EXPECT_EQ(source.labels, (core::Labels{{"gpus", "8"}, {"team", "nlp"}}));
  EXPECT_EQ(source.path_regex, "/runs/(?P<experiment>[^/]+)/.*");
  EXPECT_TRUE(source.from_end);
  EXPECT_EQ(source.max_age, hours(24 * 7));
  ASSERT_EQ(source.reader.patterns.size(), 1u);
  EXPECT_EQ(source.reader.patterns[0].regex, R"(l=(?P<loss>\S+))");
  EXPECT_EQ(source.reader.patterns[0].series, "eval");
  EXPECT_EQ(source.reader.loss_key, "nll");
  EXPECT_EQ(source.reader.learning_rate_key, "eta");
  ASSERT_EQ(document.config.series.size(), 1u);
  EXPECT_EQ(document.config.series[0].profile, core::Profile::kTrendless);
  EXPECT_EQ(document.config.series[0].role, core::Role::kPolicy);
  EXPECT_EQ(document.config.series[0].direction, core::Direction::kHigherIsBetter);
  EXPECT_THAT(document.config.tracker.windows, ElementsAre(5, 50));
  EXPECT_EQ(document.config.tracker.half_life, 2.5);
  EXPECT_EQ(document.config.jobs.ttl, minutes(90));
  EXPECT_EQ(document.config.jobs.max_name_bytes, 1024u);
  EXPECT_EQ(document.config.left_out.count(), 4u);
  for (const std::string_view name : {"loss_noise", "training_regime", "training_regime_transitions_total"}) {
    EXPECT_TRUE(document.config.left_out[metrics::PlaceInCatalog(name)]) << name;
  }
}

TEST(Config, APresetBringsItsPath) {
  const ConfigDocument document = ParseConfig(
      "files: [{preset: kubernetes_pods}, {preset: kubernetes_pods, path: /var/log/containers/*.log}]", "lossd.yml");
  ASSERT_THAT(Texts(document.errors), IsEmpty());
  ASSERT_EQ(document.config.files.size(), 2u);
  EXPECT_EQ(document.config.files[0].preset, sources::Preset::kKubernetesPods);
  EXPECT_EQ(document.config.files[0].path, "/var/log/pods/*/*/*.log");
  EXPECT_EQ(document.config.files[1].path, "/var/log/containers/*.log");
}

TEST(Config, TellsEveryErrorAtOnceInOrderOfPlace) {
  const ConfigDocument document = ParseConfig(R"(jobs:
  ttl: 30
  max_jbos: 5
tracker:
  windows: [1, ten, 30, 30]
file: []
)",
                                              "lossd.yml");
  EXPECT_THAT(Texts(document.errors),
              ElementsAre("lossd.yml:2:8: jobs.ttl: want a duration like 30s or 1h30m, got \"30\"",
                          "lossd.yml:3:3: jobs.max_jbos: unknown key (did you mean \"max_jobs\"?)",
                          "lossd.yml:5:13: tracker.windows[0]: must be between 2 and 100000, got 1",
                          "lossd.yml:5:16: tracker.windows[1]: want a whole number, got \"ten\"",
                          "lossd.yml:5:25: tracker.windows[3]: given twice: 30",
                          "lossd.yml:6:1: file: unknown key (did you mean \"files\"?)"));
}

/// One document that breaks one rule, and all that is said about it.
struct BadConfig {
  const char* yaml;
  const char* error;
};

/// How a failing test, and CTest's list, shows it.
void PrintTo(const BadConfig& config, std::ostream* out) { *out << config.error; }

class BadConfigTest : public ::testing::TestWithParam<BadConfig> {};

TEST_P(BadConfigTest, IsRefusedWithItsPlaceAndReason) {
  EXPECT_THAT(Texts(ParseConfig(GetParam().yaml, "f").errors), ElementsAre(GetParam().error));
}

INSTANTIATE_TEST_SUITE_P(
    Rules, BadConfigTest,
    ::testing::Values(
        BadConfig{"files: [", "f:1:1: not YAML: end of sequence flow not found"},
        BadConfig{"- a", "f:1:1: want a mapping, got a list"}, BadConfig{"[a]: 1", "f:1:1: want a key, got a list"},
        BadConfig{"colour: red", "f:1:1: colour: unknown key"},
        BadConfig{"jobs: {ttl: 1h}\njobs: {ttl: 2h}", "f:2:1: jobs: given twice, first in line 1"},
        BadConfig{"jobs: 3", "f:1:7: jobs: want a mapping, got \"3\""},
        BadConfig{"files: /var/log", "f:1:8: files: want a list, got \"/var/log\""},
        BadConfig{"files: [/var/log]", "f:1:9: files[0]: want a mapping, got \"/var/log\""},
        BadConfig{"files: [{from_end: true}]", "f:1:9: files[0].path: is missing"},
        BadConfig{"files: [{path: ''}]", "f:1:16: files[0].path: must not be empty"},
        BadConfig{"files: [{path: [a]}]", "f:1:16: files[0].path: want a string, got a list"},
        BadConfig{"files: [{path: }]", "f:1:16: files[0].path: want a string, got nothing"},
        BadConfig{"files: [{path: a, from_end: yes}]", "f:1:29: files[0].from_end: want true or false, got \"yes\""},
        BadConfig{"files: [{path: a, exclude: b}]", "f:1:28: files[0].exclude: want a list of strings, got \"b\""},
        BadConfig{"files: [{path: a, exclude: [{}]}]", "f:1:29: files[0].exclude[0]: want a string, got a mapping"},
        BadConfig{"files: [{path: a, labels: [b]}]", "f:1:27: files[0].labels: want a mapping, got a list"},
        BadConfig{"files: [{path: a, labels: {b-c: d}}]",
                  "f:1:28: files[0].labels.b-c: not a label name: letters, digits and _ only, no digit first"},
        BadConfig{"files: [{path: a, labels: {__b: d}}]",
                  "f:1:28: files[0].labels.__b: label names that begin with __ are reserved"},
        BadConfig{"external_labels: {le: d}",
                  "f:1:19: external_labels.le: lossd or Prometheus writes this label itself"},
        BadConfig{"external_labels: {quantile: d}",
                  "f:1:19: external_labels.quantile: lossd or Prometheus writes this label itself"},
        BadConfig{"external_labels: {a: \"\\0\"}", "f:1:22: external_labels.a: want UTF-8 without NUL"},
        BadConfig{"{external_labels: {a: x, b: y}, jobs: {max_labels: 1}}",
                  "f:1:19: external_labels: more labels than jobs.max_labels lets a job have"},
        BadConfig{"{external_labels: {a: xyz}, jobs: {max_name_size: 2}}",
                  "f:1:19: external_labels: the label a is longer than jobs.max_name_size"},
        BadConfig{"files: [{path: 'a[b.log'}]", "f:1:16: files[0].path: a [ without its ]"},
        BadConfig{"files: [{path: a, exclude: ['*.gz', '[']}]", "f:1:37: files[0].exclude[1]: a [ without its ]"},
        BadConfig{"external_labels: {regime: d}",
                  "f:1:19: external_labels.regime: lossd or Prometheus writes this label itself"},
        BadConfig{"external_labels: {a: [d]}", "f:1:22: external_labels.a: want a string, got a list"},
        BadConfig{"external_labels: {a: b, a: c}", "f:1:25: external_labels.a: given twice"},
        BadConfig{"files: [{path: a, path_regex: '('}]",
                  "f:1:31: files[0].path_regex: bad regular expression: missing ): ("},
        BadConfig{"files: [{path: a, path_regex: '.*'}]",
                  "f:1:31: files[0].path_regex: has no named group, so it gives no label"},
        BadConfig{"files: [{path: a, path_regex: '(?P<loss>.*)'}]",
                  "f:1:31: files[0].path_regex: group loss: lossd or Prometheus writes this label itself"},
        BadConfig{"files: [{path: a, preset: pods}]",
                  "f:1:27: files[0].preset: want one of none, kubernetes_pods, got \"pods\""},
        BadConfig{"files: [{preset: none}]", "f:1:9: files[0].path: is missing"},
        BadConfig{"files: [{preset: kubernetes_pods, path_regex: '/(?P<a>.*)'}]",
                  "f:1:47: files[0].path_regex: the preset kubernetes_pods brings its own"},
        BadConfig{"files: [{path: a, patterns: [{series: b}]}]", "f:1:30: files[0].patterns[0].regex: is missing"},
        BadConfig{"files: [{path: a, patterns: [{regex: '*'}]}]",
                  "f:1:38: files[0].patterns[0].regex: bad regular expression: no argument for repetition operator: *"},
        BadConfig{"files: [{path: a, patterns: [{regex: 'x'}]}]",
                  "f:1:38: files[0].patterns[0].regex: has no group (?P<loss>...)"},
        BadConfig{"files: [{path: a, keys: {los: b}}]",
                  "f:1:26: files[0].keys.los: unknown key (did you mean \"loss\"?)"},
        BadConfig{"series: [{training_job: '['}]",
                  "f:1:25: series[0].training_job: bad regular expression: missing ]: ["},
        BadConfig{"series: [{profile: rl}]", "f:1:20: series[0].profile: want one of loss, trendless, got \"rl\""},
        BadConfig{"series: [{direction: up}]",
                  "f:1:22: series[0].direction: want one of by_role, lower_is_better, higher_is_better, got \"up\""},
        BadConfig{"tracker: {window: 1}", "f:1:19: tracker.window: must be between 2 and 100000, got 1"},
        BadConfig{"tracker: {window: -5}", "f:1:19: tracker.window: must be between 2 and 100000, got -5"},
        BadConfig{"tracker: {window: 2.5}", "f:1:19: tracker.window: want a whole number, got \"2.5\""},
        BadConfig{"tracker: {windows: 10}", "f:1:20: tracker.windows: want a list of whole numbers, got \"10\""},
        BadConfig{"tracker: {half_life: 0}", "f:1:22: tracker.half_life: must be between 0.1 and 1e+06, got 0"},
        BadConfig{"tracker: {half_life: .nan}", "f:1:22: tracker.half_life: want a number, got \".nan\""},
        BadConfig{"jobs: {ttl: 0s}", "f:1:13: jobs.ttl: must be between 1s and 3650d, got 0s"},
        BadConfig{"jobs: {ttl: [1h]}", "f:1:13: jobs.ttl: want a duration like 30s or 1h30m, got a list"},
        BadConfig{"metrics: {exclude: ['(']}", "f:1:21: metrics.exclude[0]: bad regular expression: missing ): ("},
        BadConfig{"metrics: {exclude: [loss_velocity, regime]}",
                  "f:1:36: metrics.exclude[1]: no metric has such a name"},
        BadConfig{"http: {max_body_size: lots}",
                  "f:1:23: http.max_body_size: want a size like 64KiB or 8MiB, got \"lots\""},
        BadConfig{"http: {max_body_size: 2GiB}", "f:1:23: http.max_body_size: must be between 1KiB and 1GiB, got 2GiB"},
        BadConfig{"follow: {busy_interval: 2s}",
                  "f:1:25: follow.busy_interval: must not be longer than idle_interval"}));

TEST(LoadConfig, SaysWhyAFileCannotBeRead) {
  EXPECT_THAT(Texts(LoadConfig("/nonexistent/lossd.yml").errors),
              ElementsAre("/nonexistent/lossd.yml: No such file or directory"));
  EXPECT_THAT(Texts(LoadConfig("/").errors), ElementsAre("/: Is a directory"));
}

TEST(ExampleConfig, GivesEveryKeyWithItsDefault) {
  const app::Parts parts = app::MakeParts();
  const ConfigReaders readers = app::ConfigReadersOf(parts);
  const ConfigDocument document = LoadConfig(LOSSD_SOURCE_DIR "/config/lossd.example.yml", readers);
  ASSERT_THAT(Texts(document.errors), IsEmpty());
  // Lists of which the example shows an entry, and what has no default.
  const std::vector<std::string> shown = {"files",  "files[].path", "files[].patterns", "files[].patterns[].regex",
                                          "series", "scrape",       "remote_write"};
  for (const auto& [key, about] : ConfigKeys(readers)) {
    const auto given = document.given.find(key);
    ASSERT_NE(given, document.given.end()) << key << " is not in the example";
    if (std::ranges::find(shown, key) == shown.end()) {
      EXPECT_EQ(given->second, about.fallback) << key;
    }
  }
}

TEST(MinimalConfig, IsValid) {
  const ConfigDocument document = LoadConfig(LOSSD_SOURCE_DIR "/config/lossd.minimal.yml");
  EXPECT_THAT(Texts(document.errors), IsEmpty());
  EXPECT_EQ(document.config.files.size(), 1u);
}

TEST(ClassifierRule, TakesTheFirstRuleThatFitsTheWholeNames) {
  const auto rule = MakeClassifierRule({{"ppo-.*", ".*", core::Profile::kTrendless},
                                        {"gan", "train", core::Profile::kLoss, {}, core::Role::kAdversarial}});
  EXPECT_EQ(rule("ppo-1", "reward").classifier.profile, core::Profile::kTrendless);
  EXPECT_EQ(rule("llama", "reward").classifier.direction, core::Direction::kHigherIsBetter);
  EXPECT_EQ(rule("my-ppo-1", "train").classifier.profile, core::Profile::kLoss);
  EXPECT_EQ(rule("llama", "train").classifier.direction, core::Direction::kLowerIsBetter);
  EXPECT_EQ(rule("gan", "train").classifier.role, core::Role::kAdversarial);
}

TEST(ClassifierRule, GoesByTheNameWithoutRules) {
  const auto rule = MakeClassifierRule({});
  EXPECT_EQ(rule("any", "train").classifier.role, core::Role::kWhole);
  EXPECT_EQ(rule("any", "loss_cls").classifier.role, core::Role::kPart);
  EXPECT_EQ(rule("any", "reward").classifier.direction, core::Direction::kHigherIsBetter);
  EXPECT_FALSE(rule("any", "train").classifier.evaluation);
  EXPECT_TRUE(rule("any", "val_loss").classifier.evaluation);
  EXPECT_THAT(rule("any", "eval").training, testing::ElementsAre("train"));
}

}  // namespace
}  // namespace lossd::config
