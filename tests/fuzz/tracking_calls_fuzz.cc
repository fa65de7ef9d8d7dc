// Any line of path and body, one after the other, as calls of MLflow's client and as statuses of a TrainJob: each is
// answered, and what is shown can be shown again.
#include <boost/json.hpp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "fuzz/require.h"
#include "push/mlflow/tracking_calls.h"
#include "push/mlflow/tracking_store.h"
#include "push/trainjob/trainer_status.h"

namespace {

using lossd::fuzz::Require;
namespace json = boost::json;
using lossd::push::MlflowMetric;
using lossd::push::MlflowRun;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  if (const auto status = lossd::push::ParseTrainerStatus(rest); status) {
    for (const auto& metric : status->metrics) Require(!metric.name.empty());
  }
  lossd::push::TrackingStore store("mlruns", {.experiments = 4, .runs = 4, .models = 4, .keys = 4, .value_bytes = 8});
  std::int64_t clock = 0;
  lossd::push::TrackingCalls calls(store,
                                   {.begun = [](const MlflowRun& run, const std::string&) { Require(!run.id.empty()); },
                                    .logged = [](const MlflowRun&, const auto& metrics) { Require(!metrics.empty()); },
                                    .ended = [](const MlflowRun&) {},
                                    .removed = [](const MlflowRun&) {}},
                                   {[&] { return ++clock; }, [&] { return std::to_string(++clock); }});
  // Each line is four calls: thousands of empty ones would take most of the time, and show nothing new.
  for (int lines = 0; !rest.empty() && lines < 64; ++lines) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    const std::size_t blank = std::min(line.find(' '), line.size());
    json::error_code error;
    const json::value body = json::parse(json::string_view(line.data() + blank, line.size() - blank), error);
    const json::object parameters = error || !body.is_object() ? json::object() : body.as_object();
    for (const char* method : {"GET", "POST", "PATCH", "DELETE"}) {
      const auto answer = calls.Call(method, line.substr(0, blank), parameters);
      if (answer) {
        Require(!json::serialize(*answer).empty());
      } else {
        Require(answer.error().status >= 400 && !answer.error().code.empty());
      }
    }
  }
  return 0;
}
