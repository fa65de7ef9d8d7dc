// The whole run of one series in bounded memory, for pictures: down-sampled so that no extreme is lost.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <vector>

#include "core/regime/regime.h"
#include "core/sample.h"
#include "core/window_regression.h"

namespace lossd::core {

struct HistoryOptions {
  std::size_t points = 1024;  ///< of each series, rounded down to a power of two; 0: no history is kept
  /// For the points of all series together. Where one more series would not fit, every series goes on with half as many
  /// points, down to RunHistory::kMinPoints; what does not fit even so has no history.
  std::size_t max_bytes = std::size_t{128} << 20;
};

/// A series as a sequence of points, each of which stands for `stride()` successive samples. When all points are taken,
/// every two become one and the stride doubles: from then on at least half of the points are in use, the first one
/// always begins with the first sample, and the least and the greatest loss of the run are those of some point.
///
/// Values are single precision. A loss that is not finite (or stands for one that is not) enters no minimum and no
/// maximum; it is seen among the marks. Allocates at construction, in Resize and for a mark, never for a sample.
class RunHistory {
 public:
  static constexpr std::size_t kMinPoints = 16;
  /// Changes of regime, and events of other kinds. When there are more, the shortest regimes melt into those before
  /// them, and the oldest of the least important kind of event is dropped.
  static constexpr std::size_t kMaxRegimes = 256, kMaxEvents = 256;
  static constexpr std::int64_t kNoStep = std::numeric_limits<std::int64_t>::min();

  struct Point {
    std::int64_t step = kNoStep;  ///< of the last sample, where logged
    Timestamp time{};             ///< of the last sample
    float min = 0, max = 0;       ///< of the finite losses; NaN where there is none
    float last = 0;               ///< the last finite loss; NaN where there is none
    float smoothed = 0;           ///< at the last sample; NaN before the first finite loss
    float learning_rate = 0;      ///< the last that was logged; NaN where none was
    float gradient_norm = 0;      ///< the greatest that was logged, non-finite ones included; NaN where none was

    /// Stands for the samples of `next` too, which come right behind. Extending by itself changes nothing.
    void Extend(const Point& next);
  };
  struct Dynamics {
    float velocity = 0, acceleration = 0;  ///< at the first sample of the point; NaN while undefined
  };
  /// A change of regime or an event.
  struct Mark {
    Event::Kind kind = Event::Kind::kRegime;
    Regime regime = Regime::kWarmingUp;  ///< kRegime: the one entered
    std::uint64_t sample = 0;            ///< kSpike: at which the excursion began
    std::int64_t step = kNoStep;
    Timestamp time{};
    double value = 0;
  };
  struct Entry {
    double loss = 0;
    bool finite = true;
    std::optional<std::int64_t> step = {};
    Timestamp time = {};
    std::optional<double> smoothed = {}, learning_rate = {}, gradient_norm = {};
  };

  /// Room for `points` (see HistoryOptions::points; at least kMinPoints), each with the dynamics of `windows` windows.
  /// `begin` is the number of samples that the series has had before this history begins.
  RunHistory(std::size_t points, std::size_t windows, std::uint64_t begin = 0);

  /// The bytes of a history with so many points.
  static std::size_t BytesFor(std::size_t points, std::size_t windows);

  /// Whether the next sample begins a point.
  bool BeginsPoint() const { return samples_ >= points_.size() * stride_; }
  /// Takes the next sample; `windows` are those of the series, the sample in them, and wanted where it begins a point.
  void Add(const Entry& entry, std::span<const WindowRegression> windows);
  void AddMark(const Event& event, Timestamp time);
  /// Goes on with another number of points; what is there is kept, in less detail where they are fewer.
  void Resize(std::size_t points);

  /// Samples taken, those before `begin` aside.
  std::uint64_t samples() const { return samples_; }
  std::uint64_t stride() const { return stride_; }
  std::size_t capacity() const { return capacity_; }
  std::size_t windows() const { return windows_; }
  std::span<const Point> points() const { return points_; }
  /// The sample that a point ends with, counted from 0 within the series.
  std::uint64_t LastSample(std::size_t point) const;
  Dynamics dynamics(std::size_t point, std::size_t window) const { return dynamics_[point * windows_ + window]; }
  /// In order of their samples; kRegime only, and the others.
  const std::vector<Mark>& regimes() const { return regimes_; }
  const std::vector<Mark>& events() const { return events_; }

 private:
  void Halve();

  std::size_t capacity_, windows_;
  std::uint64_t begin_, stride_ = 1, samples_ = 0;
  // Reserved once: memory that no point has needed yet is not touched, and costs a short run nothing.
  std::vector<Point> points_;
  std::vector<Dynamics> dynamics_;  ///< by point, then by window
  std::vector<Mark> regimes_, events_;
};

}  // namespace lossd::core
