#include "sources/files/job_names.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "readers/job_name.h"

namespace lossd::sources {

void JobNames::Restore(const std::string& path, const std::string& job) {
  Remember(path, job);
  runs_[readers::RunPath(path)].value = job;
  taken_.insert(job);
}

JobNames::Name JobNames::Make(const std::string& path,
                              const std::function<std::optional<std::string>(const std::string&)>& job_of) {
  std::string run = readers::RunPath(path);
  if (const auto known = known_.find(path); known != known_.end()) {
    const auto shared = runs_.find(run);
    const bool by_run = shared != runs_.end() && shared->second.value == known->second;
    return by_run ? NameByPath(known->second, run) : Name{.job = known->second};
  }
  // Generations of one rotated log are one job.
  const std::string base(readers::WithoutRotationSuffix(path));
  if (const auto original = job_of(base)) return {.job = *original};
  // So are the files of one run.
  const auto [shared, is_new] = runs_.try_emplace(run);
  if (is_new) {
    shared->second.value =
        readers::JobName(absolute_ ? absolute_(run) : run, [this](const std::string& name) { return IsTaken(name); });
  }
  return NameByPath(shared->second.value, run);
}

void JobNames::Contest(const std::vector<std::string>& paths) {
  std::vector<std::string> unnamed;
  for (const std::string& path : paths) {
    if (!known_.contains(path) && !runs_.contains(readers::RunPath(path)))
      unnamed.push_back(absolute_ ? absolute_(path) : path);
  }
  contested_ = readers::ContestedNames(unnamed);
}

JobNames::Name JobNames::NameByPath(const std::string& job, const std::string& run) const {
  Name name{.job = job, .run = run};
  const std::vector<std::string> candidates = readers::JobNameCandidates(absolute_ ? absolute_(run) : run);
  const auto own = std::ranges::find(candidates, job);
  if (own == candidates.begin() || own == candidates.end()) return name;
  name.instead_of = candidates.front();
  // What another log has, it has alone.
  std::copy_if(candidates.begin(), own, std::back_inserter(name.passed_over),
               [this](const std::string& other) { return !taken_.contains(other); });
  return name;
}

std::string JobNames::OfPod(const std::string& pod, const std::string& name_space) {
  const auto [first, is_new] = pods_.try_emplace(pod, Shared{name_space});
  return first->second.value == name_space ? pod : name_space + "/" + pod;
}

void JobNames::Acquire(const Name& name) {
  taken_.insert(name.job);
  passed_over_.insert(name.passed_over.begin(), name.passed_over.end());
  if (!name.run.empty()) ++runs_[name.run].users;
  if (!name.pod.empty()) ++pods_[name.pod].users;
}

void JobNames::Release(const Name& name) {
  if (const auto taken = taken_.find(name.job); taken != taken_.end()) taken_.erase(taken);
  for (const std::string& other : name.passed_over) {
    if (const auto passed = passed_over_.find(other); passed != passed_over_.end()) passed_over_.erase(passed);
  }
  Release(runs_, name.run);
  Release(pods_, name.pod);
}

void JobNames::Release(SharedNames& names, const std::string& key) {
  const auto name = names.find(key);
  if (name != names.end() && --name->second.users == 0) names.erase(name);
}

}  // namespace lossd::sources
