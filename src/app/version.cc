#include "app/version.h"

namespace lossd::app {

Version BuildVersion() {
  const auto dotted = [](int major, int minor, int patch) {
    return std::to_string(major) + '.' + std::to_string(minor) + '.' + std::to_string(patch);
  };
#if defined(__clang__)
  const std::string compiler = "clang " + dotted(__clang_major__, __clang_minor__, __clang_patchlevel__);
#else
  const std::string compiler = "g++ " + dotted(__GNUC__, __GNUC_MINOR__, __GNUC_PATCHLEVEL__);
#endif
  return {LOSSD_VERSION, LOSSD_REVISION, compiler, LOSSD_LIBRARIES};
}

std::string VersionText(const Version& build) {
  return "lossd " + build.version + " (revision " + build.revision + ")\n  compiler: " + build.compiler +
         "\n  libraries: " + build.libraries + '\n';
}

}  // namespace lossd::app
