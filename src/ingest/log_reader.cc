#include "ingest/log_reader.h"

#include <re2/re2.h>

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "ingest/formats/number.h"
#include "ingest/formats/pair_scanner.h"
#include "ingest/formats/vocabulary.h"

namespace lossd::ingest {

std::string_view Name(Ignored reason) {
  switch (reason) {
    case Ignored::kNone:
      return "none";
    case Ignored::kBlank:
      return "blank";
    case Ignored::kNoLoss:
      return "no_loss";
    case Ignored::kUnparsable:
      return "unparsable";
    case Ignored::kDuplicate:
      return "duplicate";
    case Ignored::kOtherRank:
      return "other_rank";
    case Ignored::kTooLong:
      return "too_long";
  }
  return "unknown";
}

namespace {

struct Pattern {
  std::unique_ptr<re2::RE2> regex;
  std::string series;
  std::vector<std::string> groups;  // name of each capturing group, "" where it has none
};

std::vector<std::string_view> SplitCsv(std::string_view line) {
  std::vector<std::string_view> cells;
  std::size_t start = 0;
  while (true) {
    const std::size_t comma = line.find(',', start);
    std::string_view cell = line.substr(start, comma == std::string_view::npos ? comma : comma - start);
    while (!cell.empty() && (cell.front() == ' ' || cell.front() == '"')) cell.remove_prefix(1);
    while (!cell.empty() && (cell.back() == ' ' || cell.back() == '"')) cell.remove_suffix(1);
    cells.push_back(cell);
    if (comma == std::string_view::npos) return cells;
    start = comma + 1;
  }
}

std::optional<Number> WholeNumber(std::string_view text) {
  const auto number = ScanNumber(text);
  if (number && number->length == text.size()) return number;
  return std::nullopt;
}

}  // namespace

struct LogReader::State {
  explicit State(const ReaderOptions& given) : options(given) {
    for (const PatternOptions& pattern : options.patterns) {
      Pattern compiled{std::make_unique<re2::RE2>(pattern.regex, re2::RE2::Quiet), pattern.series, {}};
      if (!compiled.regex->ok()) continue;
      compiled.groups.resize(static_cast<std::size_t>(compiled.regex->NumberOfCapturingGroups()));
      for (const auto& [index, name] : compiled.regex->CapturingGroupNames())
        compiled.groups[static_cast<std::size_t>(index) - 1] = name;
      patterns.push_back(std::move(compiled));
    }
  }

  Meaning Look(std::string_view name) const {
    if (!options.loss_key.empty() && name == options.loss_key) return {Role::kLoss, Phase::kTrain, true, 9};
    if (!options.eval_loss_key.empty() && name == options.eval_loss_key) return {Role::kLoss, Phase::kEval, true, 9};
    if (!options.step_key.empty() && name == options.step_key) return {Role::kStep, Phase::kUnsaid, false, 9};
    if (!options.epoch_key.empty() && name == options.epoch_key) return {Role::kEpoch, Phase::kUnsaid, false, 9};
    if (!options.learning_rate_key.empty() && name == options.learning_rate_key)
      return {Role::kLearningRate, Phase::kUnsaid, false, 9};
    if (!options.gradient_norm_key.empty() && name == options.gradient_norm_key)
      return {Role::kGradientNorm, Phase::kUnsaid, false, 9};
    return MeaningOf(name);
  }

  /// Meaning given to fields -> samples.
  LineResult Assemble(std::string_view format) {
    samples.clear();
    std::optional<std::int64_t> step;
    std::optional<double> epoch, lr, norm;
    int step_rank = -1;
    for (const Field& field : fields) {
      const Meaning meaning = Look(field.name);
      if (meaning.role == Role::kStep && !field.unit && meaning.rank > step_rank) {
        if (const auto value = AsStep(field.number)) {
          step = value;
          step_rank = meaning.rank;
        }
      } else if (meaning.role == Role::kEpoch && !epoch && !field.unit) {
        epoch = field.number.value;
      } else if (meaning.role == Role::kLearningRate && !lr && !field.unit) {
        lr = field.number.value;
      } else if (meaning.role == Role::kGradientNorm && !norm && !field.unit) {
        norm = field.number.value;
      }
    }
    int train_rank = -1;
    for (const Field& field : fields) {
      const Meaning meaning = Look(field.name);
      if (meaning.role != Role::kLoss) continue;
      if (field.unit) return {Ignored::kUnparsable, format, {}, nullptr, "letters are glued to the loss"};
      const Phase phase = meaning.phase != Phase::kUnsaid ? meaning.phase : PhaseOf(field.context);
      core::Sample sample;
      if (meaning.main) {
        if (phase == Phase::kEval) {
          sample.loss = core::kEvalSeries;
        } else {
          if (meaning.rank <= train_rank) continue;
          if (train_rank >= 0)
            std::erase_if(samples, [](const core::Sample& s) { return s.loss == core::kTrainSeries; });
          train_rank = meaning.rank;
        }
      } else {
        sample.loss = std::string(field.name);
      }
      sample.value = field.number.value;
      sample.step = step;
      sample.epoch = epoch;
      sample.learning_rate = lr;
      sample.gradient_norm = norm;
      samples.push_back(std::move(sample));
    }
    if (samples.empty()) return {Ignored::kNoLoss, {}, {}, nullptr, "no loss in it"};
    return {Ignored::kNone, format, samples, nullptr, "names known as those of losses"};
  }

  LineResult ReadPatterns(std::string_view line) {
    for (const Pattern& pattern : patterns) {
      std::vector<re2::StringPiece> groups(pattern.groups.size() + 1);
      if (!pattern.regex->Match(line, 0, line.size(), re2::RE2::UNANCHORED, groups.data(),
                                static_cast<int>(groups.size())))
        continue;
      samples.clear();
      labels.clear();
      core::Sample sample;
      sample.loss = pattern.series;
      bool has_loss = false;
      for (std::size_t i = 0; i < pattern.groups.size(); ++i) {
        const std::string& name = pattern.groups[i];
        const std::string_view text(groups[i + 1].data(), groups[i + 1].size());
        if (name.empty() || groups[i + 1].data() == nullptr) continue;
        const auto number = WholeNumber(text);
        if (name == "loss") {
          if (!number) return {Ignored::kUnparsable, "pattern", {}, nullptr, "the group `loss` holds no number"};
          sample.value = number->value;
          has_loss = true;
        } else if (name == "step") {
          if (number) sample.step = AsStep(*number);
        } else if (name == "epoch") {
          if (number) sample.epoch = number->value;
        } else if (name == "lr") {
          if (number) sample.learning_rate = number->value;
        } else if (name == "grad_norm") {
          if (number) sample.gradient_norm = number->value;
        } else {
          labels[name] = std::string(text);
        }
      }
      if (!has_loss) continue;
      samples.push_back(std::move(sample));
      return {Ignored::kNone, "pattern", samples, labels.empty() ? nullptr : &labels, "a configured pattern matches"};
    }
    return {Ignored::kNoLoss, {}, {}, nullptr, "no configured pattern matches"};
  }

  /// A header line of a CSV file, or a row below one.
  std::optional<LineResult> ReadCsv(std::string_view line) {
    if (line.find(',') == std::string_view::npos) return std::nullopt;
    const auto cells = SplitCsv(line);
    if (!csv_header.empty() && cells.size() == csv_header.size()) {
      fields.clear();
      for (std::size_t i = 0; i < cells.size(); ++i) {
        if (cells[i].empty()) continue;
        const auto number = WholeNumber(cells[i]);
        if (!number) continue;
        fields.push_back({csv_header[i], {}, *number, false});
      }
      if (!fields.empty()) return Assemble("csv");
    }
    bool has_loss = false;
    for (const std::string_view cell : cells) {
      if (cell.empty() || cell.size() > 64 || cell.find_first_of(":={}()'; ") != std::string_view::npos ||
          WholeNumber(cell))
        return std::nullopt;
      has_loss = has_loss || MeaningOf(cell).role == Role::kLoss;
    }
    if (!has_loss) return std::nullopt;
    csv_header.assign(cells.begin(), cells.end());
    return LineResult{Ignored::kNone, "csv", {}, nullptr, "header of a table"};
  }

  ReaderOptions options;
  std::vector<Pattern> patterns;
  std::vector<Field> fields;
  std::vector<core::Sample> samples;
  std::vector<std::string> csv_header;
  core::Labels labels;
};

LogReader::LogReader(const ReaderOptions& options) : state_(std::make_unique<State>(options)) {}
LogReader::~LogReader() = default;
LogReader::LogReader(LogReader&&) noexcept = default;
LogReader& LogReader::operator=(LogReader&&) noexcept = default;

LineResult LogReader::Read(std::string_view line) {
  if (line.find_first_not_of(" \t") == std::string_view::npos) return {Ignored::kBlank, {}, {}, nullptr, "blank"};
  if (!state_->options.patterns.empty()) return state_->ReadPatterns(line);
  if (auto row = state_->ReadCsv(line)) return *row;
  state_->fields.clear();
  ScanPairs(line, state_->fields);
  const std::size_t brace = line.find('{');
  std::string_view format = "key_value";
  if (brace != std::string_view::npos && brace + 1 < line.size())
    format = line[brace + 1] == '"' ? "json" : line[brace + 1] == '\'' ? "python_dict" : format;
  return state_->Assemble(format);
}

LineResult LogReader::Finish() { return {Ignored::kBlank, {}, {}, nullptr, {}}; }

}  // namespace lossd::ingest
