// The metrics page in pieces, for many clients at once.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <memory>
#include <string>

#include "export/known_series.h"
#include "export/metrics_page.h"

namespace lossd::exporter {

/// Pieces of pages that several clients take at the same time: each is made once for those who come to it within
/// kFresh. A client that is slower than the others makes its own. Where there is one client, nothing is kept. The list
/// of the series is one for all.
class SharedPieces {
 public:
  static constexpr std::chrono::milliseconds kFresh{200};
  static constexpr std::size_t kMostBytes = 2 << 20;

  /// A page begins to be taken, or is no longer.
  void Begin() { ++clients_; }
  void End();

  /// The list of series for all pages that are taken now.
  std::shared_ptr<KnownSeries> known();

  /// As pieces.Next(piece).
  bool Next(PagePieces& pieces, std::string& piece, std::chrono::nanoseconds now);

  std::size_t held_bytes() const { return bytes_; }

 private:
  struct Kept {
    TextFormat format = TextFormat::kPrometheus;
    PagePieces::Position begin, end;
    std::chrono::nanoseconds made_at{0};
    std::string text;
  };

  std::size_t clients_ = 0, bytes_ = 0;
  std::deque<Kept> kept_;  ///< the oldest first
  std::weak_ptr<KnownSeries> known_;
};

}  // namespace lossd::exporter
