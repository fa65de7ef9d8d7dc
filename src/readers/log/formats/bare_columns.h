// Lines whose numbers stand in fixed places, with no or with trailing names.
#pragma once

#include <string_view>

#include "records/field.h"

namespace lossd::readers {

/// `1200 train 3.51`, `1250 val 3.49`: step, phase, loss.
bool ScanStepPhaseValue(std::string_view line, records::Fields& fields);

/// `losses/q1_loss 4.88 9000`: name, value, step.
bool ScanNameValueStep(std::string_view line, records::Fields& fields);

/// `[21:03:45][#000123][0345ms][0.5123][0.6234]`: a count behind its sign, then values, of which the first counts.
bool ScanBracketedRow(std::string_view line, records::Fields& fields);

/// `2534: 1.431136, 1.463985 avg loss, 0.001 rate, ...`: values before their names (darknet).
bool ScanValuesBeforeNames(std::string_view line, records::Fields& fields);

/// `10 312.5 ms run, 2.51 loss, 0.001 LR, 0.2 GB used`: the step, then a list of values with their names (tinygrad).
bool ScanListOfValues(std::string_view line, records::Fields& fields);

/// `1700000000000 0.251 40`: a line of MLflow's file store: milliseconds, value, step. The file's name is the metric's.
bool ScanMetricPoint(std::string_view line, std::string_view metric, records::Fields& fields);

}  // namespace lossd::readers
