// A YAML file, read whole and with every mistake in it.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "config/yaml/yaml_section.h"

namespace lossd::config {

/// Calls `read` with the document's mapping and notes the keys that it did not ask for. Errors are in order of their
/// place. `file` is only for messages.
YamlFindings ReadYaml(std::string_view yaml, const std::string& file, const std::function<void(YamlSection&)>& read);
/// The same with the file at `path`; one that cannot be read is one error.
YamlFindings LoadYaml(const std::string& path, const std::function<void(YamlSection&)>& read);
/// Every key that `read` asks for, those of list items ("files[].path") included.
std::map<std::string, ConfigKey> YamlKeys(const std::function<void(YamlSection&)>& read);

}  // namespace lossd::config
