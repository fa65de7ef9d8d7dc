// What can be told to go wrong in a training run, and when.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lossd::demo {

/// Each arises from training itself; no number in the log is made up.
struct Fault {
  enum class Kind : std::uint8_t {
    kLrJump,     ///< lr-jump@STEP:FACTOR     the learning rate is multiplied by FACTOR (30) from then on: the loss
                 ///< diverges
    kOverflow,   ///< overflow@STEP           one update with a rate of 1e308: weights overflow, losses are no longer
                 ///< finite
    kNan,        ///< nan@STEP                one record of the data is NaN: so are loss and weights from then on
    kFreeze,     ///< freeze@STEP             the weights stop moving: the loss stays where it is
    kCorrupt,    ///< corrupt@STEP:COUNT      labels are drawn at random for COUNT batches (0, the default: for good)
    kOscillate,  ///< oscillate@STEP:PERIOD   the sampler no longer shuffles and shows one class per PERIOD (24) batches
    kRewind,     ///< rewind@STEP:COUNT       training resumes from the checkpoint of COUNT (100) steps before; happens
                 ///< once
    kHang,       ///< hang@STEP:SECONDS       nothing happens for that long (5)
  };
  Kind kind = Kind::kLrJump;
  std::int64_t step = 0;
  double amount = 0;
};

/// Reads `kind@step[:amount]`; nothing where that is not a fault.
std::optional<Fault> ParseFault(std::string_view text);

/// The fault in words, for whoever watches.
std::string Describe(const Fault& fault);

}  // namespace lossd::demo
