// What is wrong with a source, before it is followed.
#include <optional>
#include <string>

#include "os/posix_file_system.h"
#include "sources/files/glob.h"
#include "sources/files/path_rule.h"
#include "sources/files/tailer.h"

namespace lossd::sources {

std::optional<std::string> CheckSource(const SourceOptions& source) {
  if (!os::IsStreamPath(source.path)) {
    if (auto problem = CheckGlob(source.path)) return problem;
  }
  for (const std::string& exclude : source.exclude) {
    if (auto problem = CheckGlob(exclude)) return "exclude: " + *problem;
  }
  if (auto problem = PathRule::Check(source.path_regex)) return "path_regex: " + *problem;
  return std::nullopt;
}

}  // namespace lossd::sources
