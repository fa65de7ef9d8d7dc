// What a source says of a log that it stands for: its job, and its labels.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "os/file_system.h"
#include "sources/files/job_names.h"
#include "sources/files/source_list.h"
#include "sources/files/tailed_path.h"

namespace lossd::sources {

struct NamedLog {
  JobNames::Name name;
  TailedPath::Options options;
};

/// `job_of` is the job of another log that is followed, by its path.
NamedLog NameLog(const ListedSource& source, const std::string& path, os::FileSystem& files, JobNames& names,
                 const std::function<std::optional<std::string>(const std::string& path)>& job_of);

/// Whether nothing but its path names the log's job.
bool IsNamedByPath(const ListedSource& source, const std::string& path);

/// Of a container's log, which the kubelet names `0.log`, `1.log` ...: how often the container was started before.
std::uint64_t ContainerRun(std::string_view path);

}  // namespace lossd::sources
