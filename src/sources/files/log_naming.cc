#include "sources/files/log_naming.h"

#include <charconv>
#include <utility>

#include "os/posix_file_system.h"

namespace lossd::sources {

NamedLog NameLog(const ListedSource& source, const std::string& path, os::FileSystem& files, JobNames& names,
                 const std::function<std::optional<std::string>(const std::string& path)>& job_of) {
  PathRule::Result by_path = source.rule.Apply(path);
  const bool of_pod = source.options.preset == Preset::kKubernetesPods;
  if (of_pod && by_path.labels.empty()) by_path = source.rule.Apply(files.Resolve(path));
  const std::string pod = !of_pod ? "" : by_path.job.empty() ? path : by_path.job;
  if (of_pod && !by_path.job.empty()) by_path.job = names.OfPod(pod, by_path.labels["namespace"]);
  const std::string& given = by_path.job.empty() ? source.options.job : by_path.job;
  NamedLog log;
  if (given.empty()) {
    log.name = names.Make(path, job_of);
  } else {
    log.name.job = given;
  }
  log.name.pod = pod;
  log.name.by_path = given.empty() && !os::IsStreamPath(path);
  log.options.path = path;
  log.options.labels = source.options.labels;
  for (auto& [label, value] : by_path.labels) log.options.labels.insert_or_assign(label, std::move(value));
  log.options.job = log.name.job;
  log.options.instead_of = log.name.instead_of;
  log.options.source = &source.options;
  return log;
}

bool IsNamedByPath(const ListedSource& source, const std::string& path) {
  return source.options.job.empty() && source.options.preset == Preset::kNone && !os::IsStreamPath(path) &&
         source.rule.Apply(path).job.empty();
}

std::uint64_t ContainerRun(std::string_view path) {
  std::uint64_t run = 0;
  const std::string_view file = path.substr(path.rfind('/') + 1);
  return std::from_chars(file.data(), file.data() + file.size(), run).ec == std::errc() ? run : 0;
}

}  // namespace lossd::sources
