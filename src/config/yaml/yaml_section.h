// One mapping of a YAML document, read key by key, with every mistake noted instead of the first one thrown.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "config/yaml/config_error.h"
#include "config/yaml/config_key.h"
#include "core/sample.h"

namespace YAML {
class Node;
}

namespace lossd::config {

/// What the sections of one document find out.
struct YamlFindings {
  std::string file;
  std::vector<ConfigError> errors;
  std::map<std::string, std::string> given;  ///< key without positions -> value, normalised
  std::map<std::string, ConfigKey> keys;  ///< every key that was asked for; its fallback is the value that stood before
  bool asks_for_items = false;            ///< a list that is absent is read as if it had an item, for the keys of items

  void Fail(const YAML::Node& node, const std::string& key, std::string reason);
};

/// Reads a mapping. Every method leaves its target as it is where the key is absent or wrong; a wrong one is noted.
/// After the last key, Finish reports those that nobody asked for.
class YamlSection {
 public:
  using Check = std::function<std::string(const std::string&)>;  ///< what is wrong with a value; "" for nothing

  /// `key` is the dotted path of this mapping, "" for the document. A node that is not a mapping is noted; null is an
  /// empty one.
  YamlSection(const YAML::Node& node, std::string key, YamlFindings& findings);
  ~YamlSection();

  void Text(const std::string& name, std::string& target, const Check& check = nullptr);
  void Flag(const std::string& name, bool& target);
  void Count(const std::string& name, std::size_t& target, std::size_t min, std::size_t max);
  void Number(const std::string& name, double& target, double min, double max);
  void Size(const std::string& name, std::size_t& target, std::size_t min, std::size_t max);
  template <typename Duration>
  void Time(const std::string& name, Duration& target, std::chrono::nanoseconds min, std::chrono::nanoseconds max) {
    target = std::chrono::duration_cast<Duration>(ReadTime(name, target, min, max));
  }
  /// One of `names`; `target` becomes the position in them.
  void Choice(const std::string& name, std::size_t& target, const std::vector<std::string>& names);
  void Texts(const std::string& name, std::vector<std::string>& target, const Check& check = nullptr);
  void Counts(const std::string& name, std::vector<std::size_t>& target, std::size_t min, std::size_t max);
  /// Names and values, both scalars.
  void Map(const std::string& name, core::Labels& target, const Check& check_name, const Check& check_value = nullptr);

  /// Calls `read` with the mapping under `name`, an empty one where it is absent.
  void Section(const std::string& name, const std::function<void(YamlSection&)>& read);
  /// Calls `read` with each mapping of the list under `name`.
  void List(const std::string& name, const std::function<void(YamlSection&)>& read);

  bool Has(const std::string& name) const { return Find(name) != nullptr; }
  /// Notes an error at the value of `name`, or at the mapping where it is absent.
  void Fail(const std::string& name, std::string reason);
  /// Notes keys given twice and keys that no method above has asked for, with the nearest name that has been.
  void Finish();

 private:
  const YAML::Node* Find(const std::string& name) const;
  /// Notes that `name` is a key, and what it takes; the node under it, or null.
  const YAML::Node* Ask(const std::string& name, ConfigKey about);
  void Give(const std::string& name, std::string value);
  std::string KeyOf(const std::string& name) const { return key_.empty() ? name : key_ + "." + name; }
  std::chrono::nanoseconds ReadTime(const std::string& name, std::chrono::nanoseconds value,
                                    std::chrono::nanoseconds min, std::chrono::nanoseconds max);

  struct State;
  std::unique_ptr<State> state_;
  std::string key_;
  YamlFindings& findings_;
  std::vector<std::string> asked_;
};

}  // namespace lossd::config
