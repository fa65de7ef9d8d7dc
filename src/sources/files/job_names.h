// The names of the jobs that followed logs belong to.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace lossd::sources {

/// A log without a name of its own gets one from its path (see readers::JobName), which no other job has, and which it
/// keeps: across a reload, and across a restart where its place was saved. Logs of one run share theirs. What nobody
/// uses any more is forgotten. Not thread-safe.
class JobNames {
 public:
  /// The job of one log, and what it was named by.
  struct Name {
    std::string job = "";
    std::string run = "";         ///< where the name was made from a run's path
    std::string pod = "";         ///< of a pod's log
    std::string instead_of = "";  ///< the name that the path would give first; "" where it is the job
    std::vector<std::string> passed_over =
        {};                ///< names that this log and others had a claim to, so that none has them
    bool by_path = false;  ///< made for want of one that is given: a name in the file itself counts for more
  };

  /// The job that the log at a path had before: in an earlier process, or under an earlier configuration.
  void Restore(const std::string& path, const std::string& job);
  void Remember(const std::string& path, const std::string& job) { known_[path] = job; }
  void Forget(const std::string& path) { known_.erase(path); }

  /// Logs that are found together, before any of them is named: a name that several would have goes to none of them.
  void Contest(const std::vector<std::string>& paths);

  /// How a path is made absolute: the working directory names a `train.log` in it. Without one paths are taken as they
  /// are.
  void SetAbsolute(std::function<std::string(const std::string&)> absolute) { absolute_ = std::move(absolute); }

  /// The name for a log that is given none. `job_of` is the job of another log that is followed, by its path.
  Name Make(const std::string& path, const std::function<std::optional<std::string>(const std::string& path)>& job_of);
  /// The name for a pod's log: the pod, or NAMESPACE/POD where a pod of another namespace has that name.
  std::string OfPod(const std::string& pod, const std::string& name_space);

  /// A log of that name is followed from now on; no more.
  void Acquire(const Name& name);
  void Release(const Name& name);

  /// Names that are remembered.
  std::size_t size() const { return known_.size() + taken_.size() + passed_over_.size() + runs_.size() + pods_.size(); }

 private:
  struct Shared {
    std::string value;
    std::size_t users = 0;  ///< logs that are followed
  };
  using SharedNames = std::map<std::string, Shared>;
  static void Release(SharedNames& names, const std::string& key);
  bool IsTaken(const std::string& name) const {
    return taken_.contains(name) || passed_over_.contains(name) || contested_.contains(name);
  }
  Name NameByPath(const std::string& job, const std::string& run) const;

  std::function<std::string(const std::string&)> absolute_;
  std::map<std::string, std::string> known_;  ///< path -> job
  std::multiset<std::string> taken_;          ///< by logs that are followed, or were restored
  std::multiset<std::string> passed_over_;    ///< by logs that are followed
  std::set<std::string> contested_;           ///< among those that were found together last
  SharedNames runs_;                          ///< readers::RunPath -> name made from it
  SharedNames pods_;                          ///< pod -> namespace of the first one that gave its name to a job
};

}  // namespace lossd::sources
