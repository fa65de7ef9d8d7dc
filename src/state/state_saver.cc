#include "state/state_saver.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <boost/asio/post.hpp>
#include <cerrno>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include "metrics/families.h"

namespace lossd::state {
namespace {

/// How long a restored file may stay away (its file system is mounted late) before its position is given up.
constexpr auto kClaimTime = std::chrono::hours(1);

/// How long one turn of a save may hold up the thread, and after how many series it looks at the clock.
constexpr auto kTurn = std::chrono::milliseconds(2);
constexpr std::size_t kSeriesAtOnce = 8;
/// Room is made once for each: a text that grows is copied, a megabyte of it in half a turn. As large a block goes back
/// to the system when it is let go.
constexpr std::size_t kPieceBytes = 2 << 20, kSlack = 128 << 10;

}  // namespace

StateSaver::StateSaver(const std::string& directory, std::chrono::nanoseconds interval, boost::asio::io_context& io,
                       logging::Log& log)
    : directory_(directory), interval_(interval), io_(io), log_(log), file_(disk_, directory) {
  std::error_code ignored;  // the first save tells
  std::filesystem::create_directories(directory, ignored);
}

StateSaver::~StateSaver() {
  if (lock_ >= 0) ::close(lock_);
}

bool StateSaver::Lock() {
  lock_ = ::open((directory_ + "/lock").c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0644);
  if (lock_ < 0) {
    log_.Warn("the storage path cannot be written: what is known of the jobs is lost with this process",
              {{"directory", directory_}, {"error", std::generic_category().message(errno)}});
    return true;
  }
  // Some network file systems know no locks; there nobody is kept out.
  if (::flock(lock_, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) return true;
  log_.Error("another lossd uses this storage path", {{"directory", directory_}});
  return false;
}

std::vector<core::Cursor> StateSaver::Restore(core::JobTable& jobs, core::Instant now) {
  last_save_ = restored_at_ = now.steady;
  LoadedState loaded = file_.Load();
  std::optional<DecodedState> state;
  if (loaded.outcome == StateOutcome::kLoaded) {
    state = DecodeState(loaded.body, jobs, now, ReadCursorList);
    if (!state) loaded = file_.SetAside("it does not fit the tracker's settings");
  }
  load_outcome_ = loaded.outcome;
  if (!loaded.message.empty())
    log_.Warn("state not used", {{"outcome", Name(loaded.outcome)}, {"detail", loaded.message}});
  if (!state) return {};
  log_.Info("state restored", {{"jobs", jobs.jobs().size()}, {"cursors", state->cursors.size()}});
  if (!state->left_out.empty()) {
    const core::JobTable::SeriesName& first = state->left_out.front();
    log_.Warn("series begin anew: the configuration has another direction for them now",
              {{"series", state->left_out.size()}, {"training_job", first.job}, {"loss", first.loss}});
  }
  for (const core::Cursor& cursor : state->cursors) unclaimed_[{cursor.source, cursor.key}] = cursor.value;
  return std::move(state->cursors);
}

void StateSaver::SaveCursor(const std::string& source, const std::string& key, std::string value) {
  std::pair place(source, key);
  unclaimed_.erase(place);
  cursors_.insert_or_assign(std::move(place), std::move(value));
}

std::vector<core::Cursor> StateSaver::AllCursors() const {
  std::vector<core::Cursor> all;
  all.reserve(cursors_.size() + unclaimed_.size());
  for (const Cursors* some : {&cursors_, &unclaimed_}) {
    for (const auto& [place, value] : *some) all.push_back({place.first, place.second, value});
  }
  return all;
}

void StateSaver::Tick(core::JobTable& jobs, core::Instant now) {
  if (saving_ || now.steady - last_save_ < interval_) return;
  saving_ = true;
  if (now.steady - restored_at_ > kClaimTime) unclaimed_.clear();
  last_save_ = now.steady;
  encoding_ = true;
  EncodeCursors(encoded_, AllCursors());
  jobs.BeginSave(encoded_, now);
  EncodeMore(jobs);
}

void StateSaver::EncodeMore(core::JobTable& jobs) {
  if (!encoding_) return;  // given up by SaveNow
  const auto end = std::chrono::steady_clock::now() + kTurn;
  bool whole = false;
  do {
    encoded_.Reserve(kPieceBytes);
    whole = jobs.SaveMore(kSeriesAtOnce);
    if (whole || encoded_.bytes().size() > kPieceBytes - kSlack) pieces_.push_back(encoded_.Take());
  } while (!whole && std::chrono::steady_clock::now() < end);
  if (whole) return Write();
  boost::asio::post(io_, [this, &jobs] { EncodeMore(jobs); });
}

void StateSaver::Write() {
  encoding_ = false;
  boost::asio::post(writer_, [this, pieces = std::exchange(pieces_, {})]() mutable {
    const std::error_code error = file_.Save(std::move(pieces));
    boost::asio::post(io_, [this, error] {
      saving_ = false;
      Count(error);
    });
  });
}

void StateSaver::SaveNow(core::JobTable& jobs, core::Instant now) {
  encoding_ = false;
  jobs.EndSave();
  writer_.join();
  Count(file_.Save({EncodeState(AllCursors(), jobs, now)}));
}

void StateSaver::Count(std::error_code error) {
  ++(error ? failures_ : saves_);
  // Once, not at every interval.
  if (error && error != last_error_)
    log_.Error("cannot save the state", {{"path", file_.path()}, {"error", error.message()}});
  if (!error && last_error_) log_.Info("the state is saved again", {{"path", file_.path()}});
  last_error_ = error;
}

std::vector<prometheus::MetricFamily> StateSaver::Collect() const {
  metrics::Families families;
  families.Add("lossd_state_saves_total", saves_);
  families.Add("lossd_state_save_failures_total", failures_);
  families.Add("lossd_state_loads_total", 1, {{"outcome", std::string(Name(load_outcome_))}});
  return families.Take();
}

}  // namespace lossd::state
