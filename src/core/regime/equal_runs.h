// Runs of exactly equal values: what is no fresh sample, and a loss that has stopped moving.
#pragma once

#include <cstdint>

namespace lossd::core {

class StateReader;
class StateWriter;

/// A bar drawn again, a value carried along until the next evaluation, a second copy of a line: equal to the sample
/// before, and no news. Where the digits are so few that the loss moves by one or two of them at a time, equals are
/// news. A run of equals far longer than the series is used to is a loss that does not move. O(1), no allocation.
class EqualRuns {
 public:
  /// Takes the next finite value. False where it brings nothing new.
  bool Update(double value);

  /// Equal for 16 samples, or for far longer than was usual; where the digits are few and none ever moved, for 64.
  bool constant() const { return constant_; }
  std::uint64_t length() const { return length_; }  ///< equal samples in a row, the last one included
  /// For half of a run of `count` samples, and for 64, no further than the last printed digit from one value, but for a
  /// few; where that digit is next to nothing of the loss.
  bool stuck(std::uint64_t count) const;

  /// Forgets the run at hand, not what is usual. `broken`: because of a loss that was not finite, after which a loss
  /// that does not move is dead, however few its digits.
  void Break(bool broken = false);

  void Save(StateWriter& out) const;
  bool Load(StateReader& in);

 private:
  double Needed() const;
  void FollowAnchor(double value);

  double last_ = 0;
  double least_step_ = 0;   ///< smallest difference between neighbours that was not 0; 0 while all were equal
  double usual_step_ = 0;   ///< median size of those differences, about
  double longest_ = 0;      ///< run that has ended, fading with every fresh value
  double mean_length_ = 1;  ///< of runs that have ended
  std::uint32_t length_ = 0;
  std::uint32_t near_ = 0;  ///< samples within a digit of `anchor_`
  float anchor_ = 0;
  std::uint8_t strays_ = 0;  ///< those that were not, lately
  bool constant_ = false;
  bool broken_ = false;
};

}  // namespace lossd::core
