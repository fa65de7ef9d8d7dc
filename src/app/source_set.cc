#include "app/source_set.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

namespace lossd::app {

SourceSet::SourceSet(core::JobTable& jobs, core::SampleSink& sink, logging::Log& log, boost::asio::io_context& io,
                     std::function<core::Instant()> now)
    : jobs_(jobs), sink_(sink), log_(log), io_(io), now_(std::move(now)) {}

void SourceSet::Start(const std::vector<core::Cursor>& restored, state::StateSaver* state) {
  for (sources::Source* const source : sources_) {
    const std::string name(source->name());
    const sources::SourceHost& host =
        hosts_.emplace_back(sources::SourceHost{sink_, log_, io_, now_,
                                                [state, name](const std::string& key, std::string value) {
                                                  if (state != nullptr) state->SaveCursor(name, key, std::move(value));
                                                },
                                                [state, name](const std::string& key) {
                                                  if (state != nullptr) state->ForgetCursor(name, key);
                                                },
                                                &jobs_});
    std::vector<core::Cursor> own;
    std::ranges::copy_if(restored, std::back_inserter(own), [&](const auto& cursor) { return cursor.source == name; });
    source->Start(host, std::move(own));
  }
  running_ = sources_.size();
}

void SourceSet::Tick(core::Instant now) {
  for (sources::Source* const source : sources_) source->Tick(now);
}

void SourceSet::Stop(sources::Writers writers, std::chrono::nanoseconds deadline, std::function<void()> stopped) {
  for (sources::Source* const source : sources_) {
    source->Stop(writers, deadline, [this, stopped] {
      if (--running_ == 0) stopped();
    });
  }
}

}  // namespace lossd::app
