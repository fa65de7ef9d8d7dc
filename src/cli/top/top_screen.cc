#include "cli/top/top_screen.h"

#include <ncurses.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <string_view>
#include <utility>

#include "cli/top/braille_chart.h"
#include "cli/top/terminal_text.h"
#include "cli/top/top_columns.h"
#include "core/regime/regime_gravity.h"

namespace lossd::cli {
namespace {

constexpr int kEscape = 27;
constexpr int kLeastHeight = 8, kLeastWidth = 40;

/// A regime's colour in 8 and in 256 colours, and its letter in the strip below a chart: the word is always near.
struct Look {
  core::Regime regime;
  short basic, rich;
  char letter;
};
using enum core::Regime;
/// In the order of core::kGravity.
constexpr std::array<Look, core::kRegimeCount> kLooks = {{{kNonFinite, COLOR_RED, 197, '!'},
                                                          {kDiverging, COLOR_RED, 208, 'D'},
                                                          {kOverfitting, COLOR_MAGENTA, 213, 'O'},
                                                          {kStalled, COLOR_WHITE, 250, 'S'},
                                                          {kConstant, COLOR_YELLOW, 137, '='},
                                                          {kOscillating, COLOR_MAGENTA, 141, '~'},
                                                          {kPlateau, COLOR_YELLOW, 178, '_'},
                                                          {kUndecided, COLOR_WHITE, 245, '?'},
                                                          {kWarmingUp, COLOR_WHITE, 245, '.'},
                                                          {kConverging, COLOR_CYAN, 75, 'c'},
                                                          {kHealthy, COLOR_GREEN, 42, 'h'}}};
static_assert(std::ranges::equal(kLooks, core::kGravity, {}, &Look::regime, &core::RegimeGravity::regime));

/// Its place in kLooks; of a name that a later lossd gives, that of a regime that says nothing.
std::size_t LookOf(std::string_view name) {
  const auto found = std::ranges::find(kLooks, name, [](const Look& look) { return core::Name(look.regime); });
  return found == kLooks.end() ? core::Gravity(kUndecided) : static_cast<std::size_t>(found - kLooks.begin());
}

int ColourOf(std::string_view regime) { return COLOR_PAIR(static_cast<int>(LookOf(regime)) + 1); }

std::string Word(std::string_view regime) {
  std::string word(regime);
  std::ranges::replace(word, '_', ' ');
  return ForTerminal(word);
}

std::string Count(std::size_t number, const char* one, const char* many) {
  return std::to_string(number) + ' ' + (number == 1 ? one : many);
}

}  // namespace

TopScreen::TopScreen(TopSource source, Charset charset) : source_(std::move(source)), charset_(charset) {
  if (!has_colors()) return;
  start_color();
  use_default_colors();
  for (std::size_t i = 0; i < kLooks.size(); ++i) {
    init_pair(static_cast<short>(i + 1), COLORS >= 256 ? kLooks[i].rich : kLooks[i].basic, -1);
  }
}

void TopScreen::Put(int y, int x, int width, const std::string& text, int attributes) {
  if (width <= 0) return;
  attron(attributes);
  mvaddstr(y, x, InCells(text, static_cast<std::size_t>(width)).c_str());
  attroff(attributes);
}

std::size_t TopScreen::PageRows() const { return static_cast<std::size_t>(std::max(1, LINES - 4)); }

void TopScreen::Refresh() {
  query_.limit = PageRows();
  query_.offset = chosen_ / query_.limit * query_.limit;
  Fetched answer = mode_ == Mode::kJob ? source_.run(job_, loss_) : source_.overview(query_);
  error_ = answer.error;
  if (!error_.empty()) return;
  if (mode_ == Mode::kJob) {
    run_ = ParseRun(answer.body);
    if (!run_) error_ = "what answers is no lossd";
    return;
  }
  overview_ = ParseOverview(answer.body);
  if (!overview_) {
    error_ = "what answers is no lossd";
  } else if (chosen_ >= overview_->matched && chosen_ > 0) {
    chosen_ = overview_->matched == 0 ? 0 : overview_->matched - 1;
    if (query_.offset > chosen_) Refresh();
  }
}

void TopScreen::Draw() {
  erase();
  const int height = LINES, width = COLS;
  if (height < kLeastHeight || width < kLeastWidth) {
    Put(0, 0, width, "too small: 40 by 8 at least");
  } else if (mode_ == Mode::kHelp) {
    DrawHelp(height, width);
  } else if (mode_ == Mode::kJob) {
    DrawJob(height, width);
  } else {
    DrawOverview(height, width);
  }
  refresh();
}

void TopScreen::DrawOverview(int height, int width) {
  const TopOverview shown = overview_.value_or(TopOverview{});
  std::string title =
      "lossd  " + Count(shown.total, "job", "jobs") + ", " + std::to_string(shown.running) + " running, ";
  Put(0, 0, width, title, A_BOLD);
  const int at = static_cast<int>(title.size());
  const std::string trouble = shown.trouble == 0 ? "none in trouble" : std::to_string(shown.trouble) + " in trouble";
  Put(0, at, width - at, trouble, A_BOLD | (shown.trouble == 0 ? ColourOf("healthy") : ColourOf("diverging")));
  const int name_at = at + static_cast<int>(trouble.size()) + 2;
  const std::string name = ForTerminal(source_.name);
  const int name_cells = static_cast<int>(CellWidth(name));
  Put(0, std::max(name_at, width - name_cells), width - std::max(name_at, width - name_cells), name, A_DIM);

  const std::string order(exporter::Name(query_.order));
  std::string state = "sort: " + order + (query_.descending ? " (descending)" : "");
  if (!query_.text.empty() || mode_ == Mode::kFilter) state += "   filter: " + ForTerminal(query_.text);
  if (mode_ == Mode::kFilter) state += '_';
  Put(1, 0, width, error_.empty() ? state : "cannot reach " + name + ": " + error_,
      error_.empty() ? (mode_ == Mode::kFilter ? A_BOLD : A_DIM) : A_BOLD | ColourOf("diverging"));

  const TopColumns columns = ColumnsOf(width);
  std::string head = InCells("JOB", static_cast<std::size_t>(columns.name)) + "  " +
                     InCells("REGIME", static_cast<std::size_t>(columns.regime));
  head += InCells("SINCE", 6, true) + InCells("STEP", 11, true) + InCells("LOSS", 11, true);
  if (columns.wide) head += InCells("VELOCITY", 11, true) + InCells("AGE", 9, true);
  Put(2, 0, width, head + "  CURVE", A_UNDERLINE);
  int y = 3;
  for (std::size_t i = 0; i < shown.rows.size() && y < height - 1; ++i, ++y) {
    DrawRow(y, width, shown.rows[i], query_.offset + i == chosen_);
  }
  if (shown.rows.empty() && error_.empty()) {
    Put(4, 2, width - 2, shown.total == 0 ? "No training job yet." : "No job fits this filter.");
  }
  const std::string place =
      shown.matched == 0 ? "" : std::to_string(chosen_ + 1) + '/' + std::to_string(shown.matched) + "  ";
  Put(height - 1, 0, width, place + "Enter chart   / filter   s sort   r reverse   ? help   q quit", A_DIM);
}

void TopScreen::DrawRow(int y, int width, const TopRow& row, bool chosen) {
  const TopColumns columns = ColumnsOf(width);
  const int reverse = chosen ? A_REVERSE : 0, colour = ColourOf(row.regime);
  Put(y, 0, width, "", reverse);
  Put(y, 0, columns.name, (row.trouble ? "! " : "  ") + ForTerminal(row.job), reverse | (row.trouble ? A_BOLD : 0));
  int x = columns.name + 2;
  // Of a failed job the reason matters more than what its loss did.
  const std::string word = row.state == "running" ? Word(row.regime)
                           : row.failure.empty()  ? Word(row.state) + ' ' + Word(row.regime)
                                                  : "failed " + Word(row.failure);
  Put(y, x, columns.regime, word,
      reverse | (row.failure.empty() ? colour : ColourOf("non_finite")) | (row.trouble ? A_BOLD : 0));
  x += columns.regime;
  const auto right = [&](int cells, const std::string& text) {
    Put(y, x, cells, InCells(text, static_cast<std::size_t>(cells), true), reverse);
    x += cells;
  };
  right(6, ShortDuration(row.regime_seconds));
  right(11, row.step ? std::to_string(*row.step) : "-");
  right(11, ShortText(row.last_loss));
  if (columns.wide) {
    right(11, ShortText(row.velocity, true));
    right(9, ShortDuration(row.silent_seconds));
  }
  x += 2;
  if (x < width) Put(y, x, width - x, Curve(row.curve, static_cast<std::size_t>(width - x)), reverse | colour);
}

/// The same line as in `lossd replay`.
std::string TopScreen::Curve(const std::vector<double>& curve, std::size_t width) const {
  std::vector<core::RunHistory::Point> points;
  for (const double loss : curve) {
    core::RunHistory::Point& point = points.emplace_back();
    point.min = point.max = point.last = static_cast<float>(loss);
  }
  return SparklineText(points, width, charset_);
}

void TopScreen::DrawJob(int height, int width) {
  Put(0, 0, width, ForTerminal(job_) + (run_ ? " / " + ForTerminal(run_->loss) : ""), A_BOLD);
  Put(height - 1, 0, width, "Esc back   Tab next loss   l log scale   ? help   q quit", A_DIM);
  if (!error_.empty()) Put(1, 0, width, error_, A_BOLD | ColourOf("diverging"));
  if (!run_ || !error_.empty()) return;
  const TopRun& run = *run_;
  const std::string word = (run.state == "running" ? "" : Word(run.state) + ", ") + Word(run.regime);
  Put(1, 0, width, word, A_BOLD | ColourOf(run.failure.empty() ? run.regime : "non_finite"));
  const int after = static_cast<int>(word.size()) + 2;
  Put(1, after, width - after,
      "loss " + ShortText(run.last_loss) + "   best " + ShortText(run.best_loss) + "   velocity " +
          ShortText(run.velocity, true) + "   acceleration " + ShortText(run.acceleration, true));
  Put(2, 0, width, ForTerminal(run.why), A_DIM);
  Put(3, 0, width, run.failure.empty() ? run.advice : Word(run.failure) + ": " + ForTerminal(run.last_line), A_BOLD);

  const int axis = 10, rows = height - 7, columns = width - axis - 1;
  if (rows < 2 || columns < 10) return;
  const bool logarithmic = logarithmic_ && std::ranges::none_of(run.min, [](double value) { return value <= 0; });
  const ChartRange range = RangeOf({&run.min, &run.max}, logarithmic);
  const auto lines = DrawCurve(run.min, run.max, static_cast<std::size_t>(columns), static_cast<std::size_t>(rows),
                               range, logarithmic, charset_);
  const std::size_t points = run.min.size();
  // The regime at each column of the chart.
  std::vector<std::string> regimes;
  for (int column = 0; column < columns; ++column) {
    const std::size_t point =
        points == 0 ? 0 : static_cast<std::size_t>(column) * points / static_cast<std::size_t>(columns);
    const std::size_t next = static_cast<std::size_t>(column + 1) * points / static_cast<std::size_t>(columns);
    std::string regime = run.changes.empty() ? run.regime : "warming_up";
    for (const TopRun::Change& change : run.changes) {
      // Of several in one column the gravest, lest a short trouble be lost.
      const bool graver = change.point < next && LookOf(change.regime) < LookOf(regime);
      if (change.point <= point || graver) regime = change.regime;
    }
    regimes.push_back(std::move(regime));
  }
  for (int y = 0; y < rows; ++y) {
    const double part = 1 - static_cast<double>(y) / std::max(1, rows - 1);
    const double value =
        logarithmic ? range.low * std::pow(range.high / range.low, part) : range.low + part * (range.high - range.low);
    if (y % 3 == 0 || y == rows - 1) Put(4 + y, 0, axis - 1, InCells(ShortText(value), axis - 1, true), A_DIM);
    // A column at a time, for each has the colour of its regime.
    std::string_view rest = lines[static_cast<std::size_t>(y)];
    for (int x = 0; x < columns && !rest.empty(); ++x) {
      const std::size_t bytes = static_cast<unsigned char>(rest[0]) == 0xe2 ? 3 : 1;
      if (rest[0] != ' ')
        Put(4 + y, axis + x, 1, std::string(rest.substr(0, bytes)), ColourOf(regimes[static_cast<std::size_t>(x)]));
      rest.remove_prefix(bytes);
    }
  }
  for (int x = 0; x < columns; ++x) {
    const Look& look = kLooks[LookOf(regimes[static_cast<std::size_t>(x)])];
    Put(height - 3, axis + x, 1, std::string(1, look.letter), ColourOf(core::Name(look.regime)) | A_BOLD);
  }
  Put(height - 3, 0, axis - 1, InCells("regime", axis - 1, true), A_DIM);
  if (points > 0) {
    const auto place = [](double value) { return std::to_string(std::llround(value)); };
    Put(height - 2, 0, axis - 1, InCells(run.has_steps ? "step" : "sample", axis - 1, true), A_DIM);
    Put(height - 2, axis, columns / 2, place(run.step.front()), A_DIM);
    Put(height - 2, axis + columns / 2, columns - columns / 2,
        InCells(place(run.step.back()), static_cast<std::size_t>(columns - columns / 2), true), A_DIM);
  }
}

void TopScreen::DrawHelp(int height, int width) {
  const std::string_view lines[] = {
      "Up, Down, PgUp, PgDn, Home, End   move",
      "Enter                             the chart of the job; Esc goes back",
      "/                                 filter: words of a name, label=value, regime, state",
      "s                                 sort by the next column; r reverses",
      "l                                 in a chart: logarithmic scale",
      "Tab                               in a chart: the next loss of the job",
      "q                                 quit",
      "",
      "Letters below a chart:"};
  Put(0, 0, width, "lossd top: keys", A_BOLD);
  int y = 2;
  for (const std::string_view line : lines) {
    if (y < height - 1) Put(y++, 2, width - 2, std::string(line));
  }
  int x = 2;
  for (const Look& look : kLooks) {
    const std::string text = std::string(1, look.letter) + ' ' + Word(core::Name(look.regime));
    if (x + static_cast<int>(text.size()) > width) {
      x = 2;
      ++y;
    }
    if (y < height - 1) Put(y, x, static_cast<int>(text.size()), text, ColourOf(core::Name(look.regime)) | A_BOLD);
    x += static_cast<int>(text.size()) + 3;
  }
  Put(height - 1, 0, width, "any key goes back", A_DIM);
}

void TopScreen::Move(long by) {
  const long last = overview_ && overview_->matched > 0 ? static_cast<long>(overview_->matched) - 1 : 0;
  const std::size_t before = query_.offset;
  chosen_ = static_cast<std::size_t>(std::clamp(static_cast<long>(chosen_) + by, 0L, last));
  if (chosen_ / PageRows() * PageRows() != before) Refresh();
}

bool TopScreen::Press(int key) {
  if (key == KEY_RESIZE) {
    Refresh();
    return true;
  }
  if (mode_ == Mode::kFilter) {
    PressInFilter(key);
    return true;
  }
  if (key == 'q') return false;
  if (mode_ == Mode::kHelp) {
    mode_ = job_.empty() ? Mode::kOverview : Mode::kJob;
  } else if (key == '?') {
    mode_ = Mode::kHelp;
  } else if (mode_ == Mode::kJob) {
    PressInJob(key);
  } else {
    PressInOverview(key);
  }
  return true;
}

void TopScreen::PressInFilter(int key) {
  if (key == '\n' || key == '\r' || key == KEY_ENTER) {
    mode_ = Mode::kOverview;
    return;
  }
  if (key == kEscape) {
    mode_ = Mode::kOverview;
    query_.text.clear();
  } else if (key == KEY_BACKSPACE || key == 127 || key == '\b') {
    while (!query_.text.empty() && (static_cast<unsigned char>(query_.text.back()) & 0xc0) == 0x80)
      query_.text.pop_back();
    if (!query_.text.empty()) query_.text.pop_back();
  } else if (key >= ' ' && key < 256) {
    query_.text += static_cast<char>(key);
  }
  chosen_ = 0;
  Refresh();
}

void TopScreen::PressInOverview(int key) {
  const long page = static_cast<long>(PageRows());
  const bool any = overview_ && !overview_->rows.empty();
  switch (key) {
    case KEY_UP:
    case 'k':
      return Move(-1);
    case KEY_DOWN:
    case 'j':
      return Move(1);
    case KEY_PPAGE:
      return Move(-page);
    case KEY_NPAGE:
    case ' ':
      return Move(page);
    case KEY_HOME:
    case 'g':
      return Move(-static_cast<long>(chosen_));
    case KEY_END:
    case 'G':
      return Move(static_cast<long>(overview_ ? overview_->matched : 0));
    case '/':
      mode_ = Mode::kFilter;
      return;
    case 's':
      query_.order = exporter::Next(query_.order);
      query_.descending = false;
      chosen_ = 0;
      return Refresh();
    case 'r':
      query_.descending = !query_.descending;
      chosen_ = 0;
      return Refresh();
    case kEscape:
      query_.text.clear();
      return Refresh();
    case '\n':
    case '\r':
    case KEY_ENTER:
      if (!any || chosen_ < query_.offset || chosen_ - query_.offset >= overview_->rows.size()) return;
      job_ = overview_->rows[chosen_ - query_.offset].job;
      loss_.clear();
      run_.reset();
      mode_ = Mode::kJob;
      return Refresh();
    default:
      return;
  }
}

void TopScreen::PressInJob(int key) {
  if (key == 'l') {
    logarithmic_ = !logarithmic_;
  } else if (key == '\t' && run_ && !run_->losses.empty()) {
    auto next = std::ranges::find(run_->losses, run_->loss);
    if (next != run_->losses.end()) ++next;
    loss_ = next == run_->losses.end() ? run_->losses.front() : *next;
    Refresh();
  } else if (key == kEscape || key == '\n' || key == '\r' || key == KEY_BACKSPACE || key == 127 || key == KEY_LEFT) {
    mode_ = Mode::kOverview;
    job_.clear();
    Refresh();
  }
}

}  // namespace lossd::cli
