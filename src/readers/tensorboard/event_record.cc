#include "readers/tensorboard/event_record.h"

#include <limits>
#include <optional>
#include <utility>

#include "readers/part_collector.h"
#include "readers/tensorboard/tensorboard_event.pb.h"

namespace lossd::readers {
namespace {

template <typename T>
std::optional<double> Only(const std::string& content) {
  if (content.size() != sizeof(T)) return std::nullopt;
  return static_cast<double>(LoadLittleEndian<T>(content));
}

/// The one number of a tensor of floating-point type, as its list of values or as raw bytes.
std::optional<double> ScalarOf(const tensorboard::Tensor& tensor) {
  constexpr int kFloat = 1, kDouble = 2;
  if (tensor.dtype() == kFloat) {
    if (tensor.float_val_size() == 1) return static_cast<double>(tensor.float_val(0));
    return Only<float>(tensor.tensor_content());
  }
  if (tensor.dtype() == kDouble) {
    if (tensor.double_val_size() == 1) return tensor.double_val(0);
    return Only<double>(tensor.tensor_content());
  }
  return std::nullopt;
}

}  // namespace

bool ParseEvent(std::string_view message, Event& event) {
  event.wall_time = 0;
  event.step = 0;
  event.scalars.clear();
  // Not kept from record to record: it would keep the memory of the largest.
  tensorboard::Event parsed;
  if (message.size() > static_cast<std::size_t>(std::numeric_limits<int>::max()) ||
      !parsed.ParseFromArray(message.data(), static_cast<int>(message.size()))) {
    return false;
  }
  event.wall_time = parsed.wall_time();
  event.step = parsed.step();
  for (tensorboard::Summary::Value& value : *parsed.mutable_summary()->mutable_value()) {
    std::optional<double> number;
    if (value.has_simple_value()) number = static_cast<double>(value.simple_value());
    if (value.has_tensor()) number = ScalarOf(value.tensor());
    if (number && !value.tag().empty()) event.scalars.push_back({std::move(*value.mutable_tag()), *number});
  }
  return true;
}

}  // namespace lossd::readers
