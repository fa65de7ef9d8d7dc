#include "readers/wandb/run_record.h"

#include <charconv>
#include <limits>
#include <system_error>
#include <utility>

#include "readers/wandb/wandb_run.pb.h"
#include "text/json_number.h"

namespace lossd::readers {
namespace {

/// Keys that W&B adds to each row begin so.
constexpr char kOwnKey = '_';

std::string KeyOf(const wandb::History::Item& item) {
  if (item.nested_key_size() == 0) return item.key();
  std::string key;
  for (const std::string& part : item.nested_key()) {
    if (!key.empty()) key += '.';
    key += part;
  }
  return key;
}

std::optional<std::int64_t> Integer(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

void FillRow(const wandb::History& history, RunRecord& record) {
  record.kind = RunRecord::Kind::kRow;
  if (history.has_step()) record.step = history.step().num();
  for (const wandb::History::Item& item : history.item()) {
    const std::string_view json = text::TrimJson(item.value_json());
    double value = 0;
    if (!text::IsNumberToken(json) || text::ToDouble(json, value) != std::errc()) continue;
    std::string key = KeyOf(item);
    if (key == "_step") {
      record.step = Integer(json);
    } else if (key == "_timestamp") {
      record.time = value;
    } else if (!key.empty() && key.front() != kOwnKey) {
      record.values.push_back({std::move(key), value});
    }
  }
}

}  // namespace

bool ParseRunRecord(std::string_view message, RunRecord& record) {
  record = {};
  // Not kept from record to record: it would keep the memory of the largest.
  wandb::Record parsed;
  if (message.size() > static_cast<std::size_t>(std::numeric_limits<int>::max()) ||
      !parsed.ParseFromArray(message.data(), static_cast<int>(message.size()))) {
    return false;
  }
  if (parsed.has_history()) {
    FillRow(parsed.history(), record);
  } else if (parsed.has_run()) {
    record.kind = RunRecord::Kind::kRun;
    record.id = parsed.run().run_id();
    record.name = parsed.run().display_name();
    record.project = parsed.run().project();
    record.group = parsed.run().run_group();
  } else if (parsed.has_exit()) {
    record.kind = RunRecord::Kind::kExit;
    record.exit_code = parsed.exit().exit_code();
  }
  return true;
}

}  // namespace lossd::readers
