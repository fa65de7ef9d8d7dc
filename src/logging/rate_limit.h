// How many messages a log takes.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

namespace lossd::logging {

/// A number of messages at once, and one more with each interval.
struct Rate {
  double burst;
  std::chrono::duration<double> interval;
};

struct RateLimitOptions {
  Rate each{10, std::chrono::seconds(5)};          ///< of one kind about one subject (a job, a file)
  Rate all{1'000, std::chrono::milliseconds(10)};  ///< of all together
};

/// Two token buckets for each message. Its memory is bounded, however many subjects there are: beyond kMostSubjects a
/// new one has only the limit of all.
class RateLimit {
 public:
  using Time = std::chrono::steady_clock::time_point;
  explicit RateLimit(RateLimitOptions options = {}) : options_(options), all_{options.all.burst, {}, 0} {}

  /// Whether a message of that kind about that subject may be written.
  bool Allow(std::string_view kind, std::string_view subject, Time now);

  /// How many of them were left out since the last one that was allowed; forgotten with the question.
  std::uint64_t TakeLeftOut(std::string_view kind, std::string_view subject);
  /// And how many of all subjects were left out and not asked for; forgotten with the question.
  std::uint64_t TakeAllLeftOut();

  static constexpr std::size_t kMostSubjects = 4096;

 private:
  struct Bucket {
    double tokens;
    Time filled;
    std::uint64_t left_out;
  };
  static void Fill(Bucket& bucket, const Rate& rate, Time now);
  static std::string KeyOf(std::string_view kind, std::string_view subject);
  Bucket* Find(const std::string& key, Time now);

  RateLimitOptions options_;
  Bucket all_;
  std::unordered_map<std::string, Bucket> subjects_;
};

}  // namespace lossd::logging
