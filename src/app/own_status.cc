#include "app/own_status.h"

#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "app/version.h"

namespace lossd::app {
namespace {

std::string ValueOf(const cli::Flag& flag, const cli::Options& options) {
  return std::visit(
      [&](auto field) -> std::string {
        const auto& value = options.*field;
        using Field = std::decay_t<decltype(value)>;
        if constexpr (std::is_same_v<Field, bool>) {
          return value ? "true" : "false";
        } else if constexpr (std::is_same_v<Field, std::string>) {
          return value;
        } else if constexpr (std::is_same_v<Field, std::vector<std::string>>) {
          std::string list;
          for (const std::string& item : value) list += (list.empty() ? "" : ", ") + item;
          return list;
        } else {
          static_assert(std::is_enum_v<Field>, "a flag of a new type is shown here, too");
          return flag.choices[static_cast<std::size_t>(value)];
        }
      },
      flag.field);
}

}  // namespace

web::Status DescribeSelf(const cli::Options& options, const std::map<std::string, std::string>& given,
                         core::Timestamp start, const core::JobTable& jobs,
                         std::span<const prometheus::Collectable* const> parts,
                         std::span<sources::Source* const> sources) {
  const Version build = BuildVersion();
  web::Status status;
  status.build = {{"version", build.version}, {"revision", build.revision}, {"compiler", build.compiler}};
  for (const cli::Flag& flag : cli::FlagCatalog()) {
    if (flag.belongs_to(options.command)) status.flags.emplace_back(flag.name, ValueOf(flag, options));
  }
  status.config.assign(given.begin(), given.end());
  status.start = start;
  status.history_bytes = jobs.history_bytes();
  for (const prometheus::Collectable* part : parts) {
    for (prometheus::MetricFamily& family : part->Collect()) status.own.push_back(std::move(family));
  }
  for (const sources::Source* source : sources) {
    for (sources::InputStatus& input : source->Inputs()) {
      web::SourceDetail& detail = status.details.emplace_back();
      detail.path = std::move(input.path);
      detail.job = std::move(input.job);
      detail.bytes_read = input.bytes_read;
      detail.silence = std::move(input.silence);
      for (auto& line : input.ignored) detail.ignored.emplace_back(line.reason, std::move(line.text));
    }
  }
  return status;
}

}  // namespace lossd::app
