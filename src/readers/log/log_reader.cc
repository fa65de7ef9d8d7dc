#include "readers/log/log_reader.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <utility>

#include "readers/log/formats/ansi_filter.h"
#include "readers/log/formats/bare_columns.h"
#include "readers/log/formats/batch_fraction.h"
#include "readers/log/formats/cri_decoder.h"
#include "readers/log/formats/key_value_scanner.h"
#include "readers/log/formats/object_lines.h"
#include "readers/log/formats/quote_prefix.h"
#include "readers/log/formats/rank_prefix.h"
#include "readers/log/formats/repeated_records.h"
#include "readers/log/formats/rewording.h"
#include "readers/log/formats/row_block.h"
#include "readers/log/formats/source_code.h"
#include "readers/log/formats/spoken_name.h"
#include "readers/log/formats/table_reader.h"
#include "readers/log/formats/user_pattern.h"
#include "readers/log/line_sieve.h"
#include "readers/log/line_template.h"
#include "readers/log/section_line.h"
#include "records/record.h"
#include "records/sample_buffer.h"
#include "records/series_selector.h"

namespace lossd::readers {

using std::string_view;

namespace {

/// `.../metrics/train/loss` -> `train/loss`; `runs/mae-validation.txt` -> `mae-validation`.
string_view MetricOfPath(string_view path) {
  if (const std::size_t metrics = path.rfind("/metrics/"); metrics != string_view::npos)
    return path.substr(metrics + 9);
  if (const std::size_t slash = path.rfind('/'); slash != string_view::npos) path.remove_prefix(slash + 1);
  return path.substr(0, path.rfind('.'));
}

/// Names of the user's own may be any words.
bool HasOwnVocabulary(const records::ReaderOptions& options) {
  return !options.metric_keys.empty() || !options.loss_key.empty() || !options.eval_loss_key.empty() ||
         !options.step_key.empty() || !options.epoch_key.empty() || !options.learning_rate_key.empty() ||
         !options.gradient_norm_key.empty();
}

/// What of a line is at hand.
enum class Extent : std::uint8_t {
  kWholeLine,
  kSegment,  ///< what a bar drew before it drew anew
  kCutLine,  ///< the last line of a log, its terminator missing
};

}  // namespace

struct LogReader::State {
  explicit State(const records::ReaderOptions& given)
      : options(given),
        patterns(given.patterns),
        metric(MetricOfPath(options.path_hint)),
        has_own_vocabulary(HasOwnVocabulary(options)) {}

  LineResult Result(records::SeriesSelector::Decision decision, string_view format) const {
    if (samples.size() != 0) decision.ignored = records::Ignored::kNone;
    return {decision.ignored, decision.ignored == records::Ignored::kNone ? format : string_view(), samples.view(),
            nullptr, decision.why};
  }

  LineResult ReadPatterns(string_view line) {
    core::Sample& sample = samples.Add(line_count);
    switch (patterns.Match(line, sample, labels)) {
      case UserPatterns::Result::kSample:
        return {records::Ignored::kNone, "pattern", samples.view(), labels.empty() ? nullptr : &labels,
                "a configured pattern matches"};
      case UserPatterns::Result::kUnparsable:
        samples.clear();
        return {records::Ignored::kUnparsable, {}, {}, nullptr, "the group `loss` holds no number"};
      case UserPatterns::Result::kNoMatch:
        break;
    }
    samples.clear();
    return {records::Ignored::kNoLoss,
            {},
            {},
            nullptr,
            "no configured pattern matches, and where there are patterns nothing else is read"};
  }

  /// A line without what a container has put around it.
  LineResult ReadRaw(string_view line, bool terminated) {
    records::Record* known = nullptr;
    const bool by_template = terminated && quoted != QuotePrefix::Kind::kComment;
    if (by_template) {
      if (const LineTemplate* found = templates.Find(line, known)) return ReadByTemplate(*found, *known);
    }
    const string_view text = CleanText(line, clean);
    if (text.find('\r') == string_view::npos) {
      if (by_template && text.data() != line.data()) {
        if (const LineTemplate* found = templates.Find(text, known)) return ReadByTemplate(*found, *known);
      }
      return ReadText(text, terminated ? Extent::kWholeLine : Extent::kCutLine);
    }
    LineResult result{records::Ignored::kBlank, {}, {}, nullptr, "blank"};
    for (std::size_t begin = 0; begin <= text.size();) {
      const std::size_t end = std::min(text.find('\r', begin), text.size());
      const bool cut = !terminated && end == text.size();
      const LineResult segment = ReadText(text.substr(begin, end - begin), cut ? Extent::kCutLine : Extent::kSegment);
      if (segment.ignored == records::Ignored::kNone || result.ignored == records::Ignored::kBlank) result = segment;
      begin = end + 1;
    }
    result.samples = samples.view();
    return result;
  }

  LineResult ReadQuoted(string_view line, bool terminated) {
    const QuotePrefix::Line found = quote.Unwrap(line, line_count);
    quoted = found.kind;
    if (!found.above.empty() && (!above_counts || selector.TakeBack(line_count - 1))) {
      --line_count;
      ReadRaw(found.above, true);
      ++line_count;
    }
    const LineResult result = ReadRaw(found.text, terminated);
    quoted = QuotePrefix::Kind::kNone;
    above_counts = result.ignored == records::Ignored::kNone;
    return result;
  }

  /// One segment of a line, free of control characters.
  LineResult ReadText(string_view line, Extent extent) {
    if (line.find_first_not_of(" \t") == string_view::npos)
      return {records::Ignored::kBlank, {}, samples.view(), nullptr, "blank"};
    if (has_own_vocabulary || table.open() || rows.open() || object_lines.open() || MayMatter(line))
      return ReadWords(line, extent);
    return {records::Ignored::kNoLoss, {}, samples.view(), nullptr, "no word in it is one of training"};
  }

  LineResult ReadWords(string_view line, Extent extent) {
    RankedLine ranked = SplitRank(line);
    const LineResult row{records::Ignored::kNone, "rows", samples.view(), nullptr, "a row of a record"};
    if (rows.Read(ranked.text)) return row;
    if (rows.pending()) {
      ReadRows(ranked);
      if (rows.Begins(ranked.text)) return Result({records::Ignored::kNone, row.why}, "rows");
    }
    const bool rows_ended = samples.size() != 0;
    const bool reworded = !ranked.bare && (Reword(ranked.text, words) || JoinToName(ranked.text));
    if (reworded) ranked.text = line = words;
    fields.clear();
    string_view format;
    if (const auto header = ReadStructure(line, ranked, format)) return *header;
    if (extent == Extent::kCutLine) DropCutNumber(ranked.text);
    records::Interpret(ranked.text, fields, options, reading);
    reading.cut = extent == Extent::kCutLine && reading.shape == records::Shape::kObject &&
                  ranked.text.find('}') == string_view::npos;
    if (!format.empty()) reading.format = format;
    if (format == "json_lines") MarkBlock();
    if (reading.loss_count() == 0 && format.empty() && extent != Extent::kCutLine && ReadRepeated(line, ranked)) {
      reading.format = format = "columns";
    }
    if (quoted == QuotePrefix::Kind::kComment && reading.loss_count() != 0) DoubtComment();
    ResolveBareRank(line, ranked);
    if (!ranked.rank) ranked.rank = reading.rank;
    if (reading.loss_count() == 0 && !reading.HasContext()) {
      const records::Phase section = SectionOf(ranked.text);
      if (section != records::Phase::kUnsaid) selector.EnterSection(section, IsHeading(ranked.text) ? line_count : 0);
      if (IsRule(ranked.text)) selector.EndBlock();
      if (AnnouncesBest(ranked.text)) selector.AnnounceBest(line_count);
    } else if (reading.loss_count() == 0 && reading.epoch && !reading.step) {
      selector.EnterSection(records::Phase::kTrain);
    }
    const bool steady = !reading.IsBar() && !ranked.bare && fields.structure != records::Structure::kTable &&
                        format.empty() && quoted != QuotePrefix::Kind::kComment;
    if (extent == Extent::kWholeLine && reading.loss_count() != 0 && steady && !reworded) {
      templates.Learn(line, static_cast<std::size_t>(ranked.text.data() - line.data()), ranked.rank, reading);
    }
    const records::SeriesSelector::Decision decision = selector.Select(reading, ranked.rank, line_count, samples);
    return Result(decision, rows_ended && reading.loss_count() == 0 ? "rows" : reading.format);
  }

  /// A comment is no record but where its counter moves forward again and again.
  void DoubtComment() {
    const double now = reading.step ? static_cast<double>(*reading.step) : reading.epoch.value_or(-1);
    if (reading.step || reading.epoch ? now <= std::exchange(remark, now) : !selector.KnowsTraining()) reading.Clear();
    reading.trust = records::Trust::kRepeated;
  }

  /// What is believed as a record only because it repeats while its counter moves forward: see readers/log/formats.
  bool ReadRepeated(string_view line, RankedLine& ranked) {
    counted.all.clear();
    counted.structure = records::Structure::kPairs;
    // "3: 0.25" has a counter where others have a rank.
    string_view text = ranked.bare ? line : ranked.text;
    const CountedNumber found = ScanCountedNumber(text, counted);
    if (found == CountedNumber::kUnnamed && !selector.KnowsTraining()) return false;
    const Comment comment = found == CountedNumber::kNone ? ScanComment(text, counted) : Comment::kNone;
    if (found == CountedNumber::kNone && comment == Comment::kNone) {
      text = ranked.text;
      if (!OpenCall(fields, counted) && !NameOnlyNumber(text, fields, counted)) return false;
    }
    records::Record repeated;
    records::Interpret(text, counted, options, repeated);
    if (comment == Comment::kUncounted) {
      constexpr std::uint64_t kLines = 8;
      if (repeated.loss_count() == 0 || !comment_line || line_count - *comment_line > kLines) return false;
      repeated.step = comment_above.step;
      repeated.step_rank = comment_above.step_rank;
      repeated.epoch = comment_above.epoch;
      repeated.whole_epoch = comment_above.whole_epoch;
    } else {
      if (!(repeated.step || repeated.epoch) || (repeated.loss_count() == 0 && comment == Comment::kNone)) return false;
      const double now = repeated.step ? static_cast<double>(*repeated.step) : *repeated.epoch;
      if (now <= std::exchange(count, now)) return false;
      if (repeated.loss_count() == 0) {
        // It holds for comments alone.
        comment_line = line_count;
        comment_above = std::move(repeated);
        return false;
      }
    }
    if (text.data() != ranked.text.data()) ranked = {line, std::nullopt, false};
    reading = std::move(repeated);
    reading.trust = records::Trust::kRepeated;
    if (found != CountedNumber::kNone) reading.loss(0).kind = records::LossKind::kProxy;
    return true;
  }

  /// "Training loss:", and its number alone on the line below: makes `words` of both.
  bool JoinToName(string_view text) {
    const std::size_t end = text.find_last_not_of(" \t");
    if (end == string_view::npos) return false;
    if (text[end] == ':') {
      constexpr std::size_t kLongest = 48;
      const string_view name = text.substr(0, text.find_last_not_of(" \t:", end) + 1);
      const bool of_loss =
          name.size() <= kLongest && records::MeaningOf(SplitSpokenName(name).name).role == records::Role::kLoss;
      name_above.assign(of_loss ? name : string_view());
      name_line = line_count;
      return false;
    }
    if (name_above.empty() || name_line + 1 != line_count) return false;
    const auto number = text::WholeNumber(text.substr(0, end + 1));
    if (!number || number->integral) return false;
    words.assign(name_above).append(": ").append(text);
    return true;
  }

  /// The rows above are a whole record. What the line that ends them gives comes behind its samples.
  void ReadRows(const RankedLine& ranked) {
    fields.clear();
    rows.Take(fields);
    records::Interpret({}, fields, options, reading);
    reading.format = "rows";
    reading.announces = false;
    MarkBlock();
    selector.Select(reading, ranked.rank, line_count, samples);
  }

  /// The record stands in many lines: its text is what it says.
  void MarkBlock() {
    reading.shape = records::Shape::kGathered;
    reading.text = 0;
    for (const records::Field& field : fields.all)
      reading.text = reading.text * 31 + std::hash<string_view>()(field.name) + std::hash<double>()(field.number.value);
  }

  /// A line that is like one read before but for its numbers. Given where it is wanted: taken out of an optional it
  /// would be copied, which was a twentieth of a replay.
  LineResult ReadByTemplate(const LineTemplate& found, records::Record& known) {
    return Result(selector.Select(known, found.rank(), line_count, samples), known.format);
  }

  /// Finds the fields of a line. A header is a result by itself.
  std::optional<LineResult> ReadStructure(string_view line, RankedLine& ranked, string_view& format) {
    // What seemed to be a rank before the record is its first number.
    const auto is_whole = [&](string_view found) -> std::optional<LineResult> {
      format = found;
      if (ranked.bare) ranked = {line, std::nullopt, false};
      return std::nullopt;
    };
    if (object_lines.Read(ranked.text, fields)) {
      format = "json_lines";
      return std::nullopt;
    }
    if (ScanValuesBeforeNames(line, fields) || ScanListOfValues(line, fields) || ScanNameValueStep(line, fields) ||
        ScanBracketedRow(line, fields) || ScanMetricPoint(line, metric, fields)) {
      return is_whole("columns");
    }
    switch (table.Read(line, fields)) {
      case TableReader::Result::kHeader:
        return LineResult{records::Ignored::kNone, table.format(), samples.view(), nullptr, "the header of a table"};
      case TableReader::Result::kRow:
        return is_whole(table.format());
      case TableReader::Result::kNone:
        break;
    }
    if (ScanStepPhaseValue(line, fields)) return is_whole("columns");
    if (LooksLikeSource(ranked.text)) return std::nullopt;
    ScanPairs(ranked.text, fields);
    batch_fraction.Split(ranked.text, fields);
    return std::nullopt;
  }

  /// A number at the end of a line that lacks its terminator may be the head of a longer one: 0.60 of 0.606, 1, of
  /// 1,234, 6.06e- of 6.06e-05.
  void DropCutNumber(string_view text) {
    std::erase_if(fields.all, [&](const records::Field& field) {
      return text.find_first_not_of("0123456789.,eE+-", field.at + field.number.length) == string_view::npos;
    });
  }

  /// `3: ` before a record is a rank where the record has a step of its own, or is a dictionary; else it is the step.
  void ResolveBareRank(string_view line, RankedLine& ranked) {
    if (!ranked.bare) return;
    // "0:      learn 0.5" is known as a loss by its counter alone.
    const bool untold = reading.loss_count() == 0;
    const bool rank = reading.step || fields.structure != records::Structure::kPairs || fields.all.empty() ||
                      selector.HasAnnouncedStep(line_count);
    if (rank) return;
    counted.clear();
    ScanPairs(line, counted);
    records::Record whole;
    records::Interpret(line, counted, options, whole);
    if (untold && whole.loss_count() == 0) return;
    ranked.rank.reset();
    std::swap(fields, counted);
    reading = std::move(whole);
  }

  records::ReaderOptions options;
  UserPatterns patterns;
  string_view metric;
  bool has_own_vocabulary;
  ContainerFrame frame;
  QuotePrefix quote;
  QuotePrefix::Kind quoted = QuotePrefix::Kind::kNone;  ///< the line at hand
  bool above_counts = false;                            ///< the last comment is taken as it stands
  ObjectLines object_lines;
  RowBlock rows;
  TableReader table;
  BatchFraction batch_fraction;
  records::Fields fields;
  records::Fields counted;                    ///< of what is believed because it repeats
  double count = -1, remark = -1;             ///< the last counter of those, and of quoted comments
  std::optional<std::uint64_t> comment_line;  ///< on which a comment told such a counter alone
  records::Record comment_above;              ///< that comment
  records::Record reading;
  records::SeriesSelector selector;
  TemplateCache templates;
  records::SampleBuffer samples;
  core::Labels labels;
  std::string clean;
  std::string words;       ///< the line at hand, reworded
  std::string name_above;  ///< of a loss, alone on its line
  std::uint64_t name_line = 0;
  std::uint64_t line_count = 0;
};

LogReader::LogReader(const records::ReaderOptions& options) : state_(std::make_unique<State>(options)) {}
LogReader::~LogReader() = default;
LogReader::LogReader(LogReader&&) noexcept = default;
LogReader& LogReader::operator=(LogReader&&) noexcept = default;

LineResult LogReader::Read(string_view line, bool terminated) {
  LineResult result = ReadLine(line, terminated);
  result.lines = state_->samples.lines();
  return result;
}

LineResult LogReader::ReadLine(string_view line, bool terminated) {
  State& state = *state_;
  ++state.line_count;
  state.samples.clear();
  const auto unwrapped = state.frame.Unwrap(line);
  if (!unwrapped) return {records::Ignored::kNone, "cri", {}, nullptr, "a part of a line whose rest is to come"};
  if (!state.patterns.empty()) return state.ReadPatterns(CleanText(*unwrapped, state.clean));
  return MayBeQuoted(*unwrapped) ? state.ReadQuoted(*unwrapped, terminated) : state.ReadRaw(*unwrapped, terminated);
}

void LogReader::PassOver() { ++state_->line_count; }

LineResult LogReader::Finish() {
  State& state = *state_;
  state.samples.clear();
  if (state.rows.pending()) state.ReadRows({});
  state.selector.Finish(state.samples);
  return {state.samples.size() == 0 ? records::Ignored::kBlank : records::Ignored::kNone,
          state.reading.format,
          state.samples.view(),
          nullptr,
          "the log ended",
          state.samples.lines()};
}

}  // namespace lossd::readers
