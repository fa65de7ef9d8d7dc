// The JSON that log shippers write -> lines and whose they are.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/sample.h"

namespace lossd::sources {

/// One object of a log shipper.
struct ShippedLine {
  std::string job;  ///< "": it names none
  core::Labels labels;
  std::string text;  ///< one line or several, without the terminator of the last
};

/// What an object is.
enum class ShippedForm : std::uint8_t {
  kNotJson,
  kOther,      ///< JSON, and none of a log shipper
  kNoMessage,  ///< one with the metadata of a log shipper and no text
  kLines,
};

/// Reads what Fluent Bit (`log`, `kubernetes`), Vector (`message`, `kubernetes`) and the OpenTelemetry Collector
/// (`resourceLogs`, or its attributes beside a `body`) write. The job is the member `training_job`, else the pod as
/// NAMESPACE/POD; namespace, pod and container become labels. Keeps its memory between records. Not thread-safe.
class LogRecordReader {
 public:
  LogRecordReader();
  ~LogRecordReader();
  ShippedForm Read(std::string_view json, std::vector<ShippedLine>& lines);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace lossd::sources
