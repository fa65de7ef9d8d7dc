// The regimes of training and the events beside them: the vocabulary of every verdict.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lossd::core {

/// What a training loss is doing. The names (see Name) are the values of the label `regime` and never change.
enum class Regime : std::uint8_t {
  kWarmingUp,    ///< too few samples to say anything: at most the first 16 of a series, and of a new run
  kUndecided,    ///< samples enough, but neither a trend nor flatness is proven
  kHealthy,      ///< significantly falling, not slowing
  kConverging,   ///< significantly falling, significantly slowing
  kPlateau,      ///< shown to be flat by an equivalence test
  kConstant,     ///< exactly equal, sample after sample: dead, masked, or not being updated
  kDiverging,    ///< significantly rising and staying up
  kOverfitting,  ///< an evaluation loss that has turned up and stays up while the training loss goes on falling
  kOscillating,  ///< alternating rises and falls beyond the noise
  kNonFinite,    ///< the last sample was NaN or infinite
  kStalled,      ///< no new sample for far longer than the job's own rhythm
};

inline constexpr std::size_t kRegimeCount = 11;
inline constexpr std::array<Regime, kRegimeCount> kRegimes = {
    Regime::kWarmingUp,   Regime::kUndecided, Regime::kHealthy,   Regime::kConverging,
    Regime::kPlateau,     Regime::kConstant,  Regime::kDiverging, Regime::kOverfitting,
    Regime::kOscillating, Regime::kNonFinite, Regime::kStalled};

/// "warming_up", "healthy", ... : the name in metrics, JSON and text.
std::string_view Name(Regime regime);

enum class NonFiniteKind : std::uint8_t { kNan, kPosInf, kNegInf };
inline constexpr std::array<NonFiniteKind, 3> kNonFiniteKinds = {NonFiniteKind::kNan, NonFiniteKind::kPosInf,
                                                                 NonFiniteKind::kNegInf};
/// "nan", "+inf", "-inf": the values of the label `kind`.
std::string_view Name(NonFiniteKind kind);

/// Something that happened in a series, announced at one sample.
struct Event {
  enum class Kind : std::uint8_t { kRegime, kOutlier, kSpike, kRestart, kNonFinite };
  Kind kind = Kind::kRegime;
  std::uint64_t sample = 0;          ///< index of the sample at which it was announced, from 0 within the series
  std::optional<std::int64_t> step;  ///< step of that sample, where logged
  double value = 0;                  ///< the loss of that sample
  Regime from = Regime::kWarmingUp;  ///< kRegime only
  Regime to = Regime::kWarmingUp;    ///< kRegime only
  double velocity = 0;               ///< kRegime only: of the default window at that sample
  double acceleration = 0;           ///< kRegime only
  std::uint64_t onset = 0;           ///< kSpike only: the sample at which the excursion began
  std::string why;                   ///< in words, with figures: "rose 5.1 noise deviations over 256 samples; z = 6.3"
};
/// "regime", "outlier", "spike", "restart", "non_finite".
std::string_view Name(Event::Kind kind);

}  // namespace lossd::core
