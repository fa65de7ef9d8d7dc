// The records of W&B's run files.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lossd::readers {

struct RunValue {
  std::string key;  ///< nested keys joined by '.'
  double value = 0;
};

struct RunRecord {
  enum class Kind : std::uint8_t {
    kOther,  ///< nothing that lossd follows
    kRow,    ///< one row of the history
    kRun,    ///< who the run is
    kExit,   ///< the run has ended
  };
  Kind kind = Kind::kOther;
  // Of a row.
  std::vector<RunValue> values;  ///< the numbers, those that W&B adds itself left out
  std::optional<std::int64_t> step;
  double time = 0;  ///< seconds since 1970; 0 where it has none
  // Of a run.
  std::string id, name, project, group;
  // Of an exit.
  int exit_code = 0;
};

/// Fills `record` from a protobuf message. Text, media and tables give no value. False, and `record` is empty, where
/// the message is malformed.
bool ParseRunRecord(std::string_view message, RunRecord& record);

}  // namespace lossd::readers
