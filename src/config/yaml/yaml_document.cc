#include "config/yaml/yaml_document.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <system_error>
#include <tuple>

namespace lossd::config {
namespace {

/// 0, or the system's error. (A file stream throws on a directory, and does not say why it cannot open a file.)
int ReadFile(const std::string& path, std::string& text) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"), std::fclose);
  if (file == nullptr) return errno;
  char chunk[4096];
  while (const std::size_t size = std::fread(chunk, 1, sizeof chunk, file.get())) text.append(chunk, size);
  return std::ferror(file.get()) != 0 ? errno : 0;
}

}  // namespace

YamlFindings ReadYaml(std::string_view yaml, const std::string& file, const std::function<void(YamlSection&)>& read) {
  YamlFindings findings;
  findings.file = file;
  try {
    YamlSection section(YAML::Load(std::string(yaml)), "", findings);
    read(section);
    section.Finish();
  } catch (const YAML::Exception& error) {
    // The library stops at the first thing that is not YAML: there is nothing to read behind it.
    findings.errors.push_back({file, error.mark.line + 1, error.mark.column + 1, "", "not YAML: " + error.msg});
  }
  std::ranges::stable_sort(findings.errors, {}, [](const ConfigError& e) { return std::tuple(e.line, e.column); });
  return findings;
}

YamlFindings LoadYaml(const std::string& path, const std::function<void(YamlSection&)>& read) {
  std::string yaml;
  if (const int error = ReadFile(path, yaml); error != 0) {
    YamlFindings findings;
    findings.errors.push_back({path, 0, 0, "", std::generic_category().message(error)});
    return findings;
  }
  return ReadYaml(yaml, path, read);
}

std::map<std::string, ConfigKey> YamlKeys(const std::function<void(YamlSection&)>& read) {
  YamlFindings findings;
  findings.asks_for_items = true;
  YamlSection section(YAML::Node(), "", findings);
  read(section);
  return findings.keys;
}

}  // namespace lossd::config
