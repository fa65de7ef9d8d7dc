// The screen of `lossd top`: what it shows, and what a key does to it.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>

#include "cli/run_text.h"
#include "cli/top/fetch.h"
#include "cli/top/top_data.h"
#include "export/overview.h"

namespace lossd::cli {

/// Where the data comes from.
struct TopSource {
  std::string name;  ///< as the title shows it
  std::function<Fetched(const exporter::OverviewQuery&)> overview;
  std::function<Fetched(const std::string& job, const std::string& loss)> run;
};

/// Draws with ncurses, which is to be initialised before, and ended after.
class TopScreen {
 public:
  TopScreen(TopSource source, Charset charset);

  /// Asks the source for what is shown.
  void Refresh();
  void Draw();
  /// A key as ncurses gives it. False: the user wants to leave.
  bool Press(int key);

 private:
  enum class Mode { kOverview, kFilter, kJob, kHelp };

  void DrawOverview(int height, int width);
  void DrawRow(int y, int width, const TopRow& row, bool chosen);
  void DrawJob(int height, int width);
  void DrawHelp(int height, int width);
  void PressInFilter(int key);
  void PressInOverview(int key);
  void PressInJob(int key);
  void Move(long by);
  std::size_t PageRows() const;
  std::string Curve(const std::vector<double>& curve, std::size_t width) const;
  void Put(int y, int x, int width, const std::string& text, int attributes = 0);

  TopSource source_;
  Charset charset_;
  Mode mode_ = Mode::kOverview;
  exporter::OverviewQuery query_;
  std::size_t chosen_ = 0;  ///< of all jobs that match
  std::optional<TopOverview> overview_;
  std::optional<TopRun> run_;
  std::string job_, loss_, error_;
  bool logarithmic_ = false;
};

}  // namespace lossd::cli
