#include "app/files_to_follow.h"

#include "cli/child_process.h"
#include "os/posix_file_system.h"

namespace lossd::app {

std::vector<sources::SourceOptions> FilesToFollow(const config::Config& config, const cli::Options& options,
                                                  const std::vector<std::string>& arguments,
                                                  const cli::DaemonSide* relay) {
  std::vector<sources::SourceOptions> all = config.files;
  const auto add = [&](const std::string& path, const std::string& job) {
    sources::SourceOptions& source = all.emplace_back();
    source.path = path;
    source.job = job;
    source.reader = config::ReaderFor(config, path);
  };
  for (const std::string& path : arguments) {
    add(path, path == os::kStandardInput ? options.job_name : "");
  }
  if (!options.child.empty() && relay != nullptr) {
    const std::string job = options.job_name.empty() ? cli::CommandJobName(options.child) : options.job_name;
    for (const os::InputStream& stream : relay->streams) add(stream.path, job);
  }
  return all;
}

}  // namespace lossd::app
