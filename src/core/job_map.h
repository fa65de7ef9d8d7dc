// Jobs by name: in the order of their names, and each found at once.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "core/job.h"

namespace lossd::core {

/// Samples that come for many jobs in turn find none of them in the processor's cache: a hash looks at one, where a tree
/// compares names all the way down. Jobs stay where they are in memory.
class JobMap {
 public:
  using ByName = std::map<std::string, Job, std::less<>>;

  JobMap() = default;
  JobMap(const JobMap&) = delete;
  JobMap& operator=(const JobMap&) = delete;

  const ByName& by_name() const { return jobs_; }
  std::size_t size() const { return jobs_.size(); }
  ByName::iterator begin() { return jobs_.begin(); }
  ByName::iterator end() { return jobs_.end(); }
  /// The first job whose name comes behind `name`.
  ByName::iterator After(std::string_view name) { return jobs_.upper_bound(name); }

  /// nullptr where there is none.
  const Job* Find(std::string_view name) const {
    const auto found = index_.find(name);
    return found == index_.end() ? nullptr : &found->second->second;
  }
  Job* Find(std::string_view name) { return const_cast<Job*>(std::as_const(*this).Find(name)); }

  /// That of the name, new where there was none.
  Job& Make(const std::string& name) {
    const auto [place, is_new] = jobs_.try_emplace(name);
    if (is_new) {
      place->second.name = name;
      index_.emplace(place->first, &*place);
    }
    return place->second;
  }

  /// Returns the next one.
  ByName::iterator Erase(ByName::iterator job) {
    index_.erase(job->first);
    return jobs_.erase(job);
  }
  void Erase(std::string_view name) {
    if (const auto found = jobs_.find(name); found != jobs_.end()) Erase(found);
  }
  void Clear() {
    index_.clear();
    jobs_.clear();
  }

 private:
  ByName jobs_;
  std::unordered_map<std::string_view, ByName::value_type*> index_;  ///< of the names in jobs_
};

}  // namespace lossd::core
