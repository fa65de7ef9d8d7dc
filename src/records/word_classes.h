// The words that names of training metrics are made of, and what each can be.
#pragma once

#include <cstdint>
#include <string_view>

namespace lossd::records {

/// A set of classes: a word may be of several (`step` is neutral in `step_loss` and a noun in `global_step`).
using WordClasses = std::uint32_t;

inline constexpr WordClasses kTrainWord = 1 << 0;       ///< `train`
inline constexpr WordClasses kValidationWord = 1 << 1;  ///< `val`, `dev`
inline constexpr WordClasses kTestWord = 1 << 2;
inline constexpr WordClasses kLossNoun = 1 << 3;       ///< `loss`
inline constexpr WordClasses kLossSynonym = 1 << 4;    ///< losses that do not call themselves so: `nll`, `cost`
inline constexpr WordClasses kProxyWord = 1 << 5;      ///< `ppl`
inline constexpr WordClasses kNeutralWord = 1 << 6;    ///< beside a loss noun it changes nothing about whose loss it is
inline constexpr WordClasses kSmoothingWord = 1 << 7;  ///< `avg`, `running`
inline constexpr WordClasses kTotalWord = 1 << 8;      ///< `total`, `all`
inline constexpr WordClasses kCriterionWord = 1
                                              << 9;  ///< names of criteria: whoever logs only `ce_loss` means the loss
inline constexpr WordClasses kNotALossWord = 1
                                             << 10;  ///< makes the name one of a setting, a time, a record of the past
inline constexpr WordClasses kStepNoun = 1 << 11;    ///< `step`
inline constexpr WordClasses kIterationNoun = 1 << 12;  ///< `iter`
inline constexpr WordClasses kBatchNoun = 1 << 13;      ///< `batch`
inline constexpr WordClasses kCountWord = 1 << 14;    ///< beside a noun of counting it leaves it a count of steps taken
inline constexpr WordClasses kCountEnding = 1 << 15;  ///< behind the noun it says which count is meant: `iteration_num`
inline constexpr WordClasses kErrorMetricWord = 1 << 16;    ///< of boosted trees: `rmse`
inline constexpr WordClasses kQualityMetricWord = 1 << 17;  ///< `auc`
inline constexpr WordClasses kMeasureWord = 1 << 18;        ///< a criterion or a measure of it, by itself: `ce`, `ppl`
inline constexpr WordClasses kEpochNoun = 1 << 19;          ///< `epoch`
inline constexpr WordClasses kRateWord = 1 << 20;           ///< `lr`, `rate`
inline constexpr WordClasses kGradientWord = 1 << 21;       ///< `grad`, `gnorm`, `norm`

/// What the word can be; 0 of a word that is in no list. `word` is in lower case. One look into a hash table.
WordClasses ClassesOf(std::string_view word);

}  // namespace lossd::records
