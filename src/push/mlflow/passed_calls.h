// What the calls between MLflow's clients and a real tracking server say of runs and their metrics.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "push/mlflow/run_feed.h"
#include "push/protocol.h"

namespace lossd::push {

/// One call that the server has answered.
struct PassedCall {
  std::string_view path;   ///< behind /api/2.0/mlflow/, decoded
  std::string_view query;  ///< still encoded
  std::string_view request_body, response_body;
  unsigned status = 0;
};

/// Follows runs by what their clients ask and what the server answers: names of experiments and runs, metrics, the end.
/// A call that the server refused brings nothing, for its client may send it again. A run that began before we saw it
/// is known from when its client asks for it, as each does that resumes it; before that by its id.
class PassedCalls {
 public:
  /// More experiments at once than this: all names are learnt anew.
  static constexpr std::size_t kMostExperiments = 10000;

  /// Whether calls of that path tell anything.
  static bool Tells(std::string_view path);
  void Take(const PassedCall& call, RunFeed& feed, const ProtocolHost& host);

 private:
  void LearnExperiment(std::string id, std::string name);

  std::map<std::string, std::string> experiments_;  ///< their names by their ids
};

}  // namespace lossd::push
