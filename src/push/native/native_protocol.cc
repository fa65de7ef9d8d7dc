#include "push/native/native_protocol.h"

#include <algorithm>
#include <boost/json.hpp>
#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "push/native/sample_json.h"

namespace lossd::push {
namespace {

namespace json = boost::json;

/// A sample that its sender took longer ago than this is history that is sent late, not news.
constexpr auto kNewsAge = std::chrono::minutes(1);
constexpr std::size_t kObjectsInTurn = 4096;
constexpr std::size_t kShort = 64 << 10;  // bytes of a body that never waits
constexpr std::size_t kMostListed = 100;
constexpr std::size_t kMostOfAName = 200;
constexpr std::size_t kMostWaiting = 16 << 20;  // bytes of bodies

/// The member of a sample that a rejection is about.
std::string_view Field(core::Rejection rejection, bool several_losses) {
  switch (rejection) {
    case core::Rejection::kJobLimit:
    case core::Rejection::kBadJobName:
      return "training_job";
    case core::Rejection::kSeriesLimit:
    case core::Rejection::kTotalSeriesLimit:
    case core::Rejection::kBadSeriesName:
      return several_losses ? "losses" : "name";
    case core::Rejection::kLabelSizeLimit:
    case core::Rejection::kBadLabel:
      return "labels";
  }
  return "";
}

std::optional<core::Timestamp> TimeOf(const JsonSample& object) {
  return object.samples.empty() ? std::nullopt : object.samples[0].time;
}

/// A buffering client may send its samples in any order; where all say when they were taken, they are put into theirs.
void OrderByTime(std::vector<JsonSample>& objects) {
  if (std::ranges::all_of(objects, [](const auto& object) { return TimeOf(object).has_value(); })) {
    std::ranges::stable_sort(objects, {}, TimeOf);
  }
}

/// Which of the rejections that are only counted are the same.
std::string_view KindOf(std::string_view reason) {
  return reason.substr(0, std::min(reason.find(" at byte "), reason.find(';')));
}

json::object Remark(std::size_t index, const std::string& field, const std::string& reason) {
  return {{"index", index}, {"field", field}, {"reason", reason}};
}

/// As much of a member's name as an answer repeats.
std::string Cut(std::string text) {
  if (text.size() <= kMostOfAName) return text;
  std::size_t end = kMostOfAName;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  text.resize(end);
  return text + "...";
}

}  // namespace

/// One body on its way into the sink.
class NativeProtocol::BodyIntake {
 public:
  BodyIntake(std::string_view body, std::string_view source, const ProtocolHost& host)
      : reader_(body), source_(source), host_(host) {}

  /// A part of it that is no long work. False once it was the last.
  bool Step() {
    SampleDocument document;
    const bool more = reader_.Read(kObjectsInTurn, document);
    const core::Instant now = host_.now();
    OrderByTime(document.accepted);
    for (JsonRejection& rejection : document.rejected) {
      host_.sink.CountRejection("invalid_sample");
      Reject(rejection.index, std::move(rejection.field), rejection.reason);
    }
    for (const JsonSample& object : document.accepted) Take(object, now);
    std::ranges::move(document.warnings, std::back_inserter(warnings_));
    if (!more && reader_.unread() > 0) {
      rejected_ += reader_.unread();
      unlisted_["not read: too many before it were rejected"] += reader_.unread();
    }
    return more;
  }

  http::Response Answer() const {
    json::object answer{{"accepted", accepted_}};
    if (rejected_ > 0) {
      json::array list;
      for (const auto& [index, rejection] : listed_) {
        list.push_back(Remark(index, rejection.first, rejection.second));
      }
      answer["rejected"] = std::move(list);
    }
    if (!unlisted_.empty()) {
      answer["rejected_total"] = rejected_;
      json::object& counts = answer["unlisted"].emplace_object();
      for (const auto& [reason, count] : unlisted_) counts[reason] = count;
    }
    if (!warnings_.empty()) {
      json::array list;
      for (const JsonRejection& warning : warnings_) {
        list.push_back(Remark(warning.index, warning.field, warning.reason));
      }
      answer["warnings"] = std::move(list);
    }
    http::Response response;
    response.status = rejected_ == 0 ? 200 : accepted_ > 0 ? 207 : 400;
    response.content_type = "application/json";
    response.body = json::serialize(answer) + '\n';
    return response;
  }

 private:
  void Take(const JsonSample& object, core::Instant now) {
    bool whole = true;
    for (const core::Sample& sample : object.samples) {
      const bool late = sample.time && *sample.time < now.wall - kNewsAge;
      const auto rejection = host_.sink.Take(object.training_job, object.labels, sample,
                                             {now, late ? core::Origin::kCatchUp : core::Origin::kLive, source_});
      if (!rejection) continue;
      if (std::exchange(whole, false)) {
        Reject(object.index, std::string(Field(*rejection, object.samples.size() > 1)), Name(*rejection));
      }
    }
    if (whole) ++accepted_;
  }

  void Reject(std::size_t index, std::string field, std::string_view reason) {
    ++rejected_;
    if (listed_.size() < kMostListed) {
      listed_.try_emplace(index, Cut(std::move(field)), reason);
    } else {
      ++unlisted_[std::string(KindOf(reason))];
    }
  }

  SampleReader reader_;
  std::string_view source_;
  const ProtocolHost& host_;
  std::size_t accepted_ = 0, rejected_ = 0;
  std::map<std::size_t, std::pair<std::string, std::string>> listed_;  ///< field and reason, by index in the body
  std::map<std::string, std::size_t> unlisted_;                        ///< by reason
  std::vector<JsonRejection> warnings_;
};

/// The bodies that take longer than a turn, one after the other, so that what is held of them is bounded. Nothing short
/// waits for them.
struct NativeProtocol::Queue {
  struct Entry {
    std::unique_ptr<BodyIntake> intake;
    std::size_t bytes;
    std::function<void(http::Response)> later;
  };

  void Turn() {
    Entry& entry = entries.front();
    if (!entry.intake->Step()) {
      const http::Response answer = entry.intake->Answer();
      const auto later = std::move(entry.later);
      bytes -= entry.bytes;
      entries.pop_front();
      later(answer);
    }
    if (!entries.empty()) host->post([this] { Turn(); });
  }

  const ProtocolHost* host = nullptr;
  std::deque<Entry> entries;
  std::size_t bytes = 0;
};

NativeProtocol::NativeProtocol() : queue_(std::make_unique<Queue>()) {}

NativeProtocol::~NativeProtocol() = default;

std::optional<http::Response> NativeProtocol::Post(const http::Call& call, const ProtocolHost& host) {
  const std::string& body = call.request.body;
  if (body.size() > kShort && !queue_->entries.empty() && queue_->bytes + body.size() > kMostWaiting) {
    http::Response busy;
    busy.status = 503;
    busy.body = "too many large bodies are being read\n";
    busy.headers.emplace_back("Retry-After", "1");
    return busy;
  }
  auto intake = std::make_unique<BodyIntake>(body, kSource, host);
  bool more = intake->Step();
  while (more && !host.post) more = intake->Step();
  if (!more) return intake->Answer();
  queue_->bytes += body.size();
  queue_->entries.push_back({std::move(intake), body.size(), call.later});
  queue_->host = &host;
  if (queue_->entries.size() == 1) host.post([queue = queue_.get()] { queue->Turn(); });
  return std::nullopt;
}

std::vector<http::Route> NativeProtocol::Routes(const ProtocolHost& host) {
  return {{"/api/v1/samples", {"POST"}, http::Access::kIngest, [this, &host](const http::Call& call) {
             return Post(call, host);
           }}};
}

}  // namespace lossd::push
