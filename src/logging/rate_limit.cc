#include "logging/rate_limit.h"

#include <algorithm>
#include <utility>

namespace lossd::logging {

void RateLimit::Fill(Bucket& bucket, const Rate& rate, Time now) {
  if (now > bucket.filled) bucket.tokens = std::min(rate.burst, bucket.tokens + (now - bucket.filled) / rate.interval);
  bucket.filled = now;
}

std::string RateLimit::KeyOf(std::string_view kind, std::string_view subject) {
  std::string key(kind);
  key += '\0';
  return key.append(subject);
}

RateLimit::Bucket* RateLimit::Find(const std::string& key, Time now) {
  const auto known = subjects_.find(key);
  if (known != subjects_.end()) return &known->second;
  if (subjects_.size() >= kMostSubjects) {
    // Those that are full again have nothing to remember.
    std::erase_if(subjects_, [&](const auto& entry) {
      const Bucket& bucket = entry.second;
      return bucket.left_out == 0 &&
             bucket.tokens + (now - bucket.filled) / options_.each.interval >= options_.each.burst;
    });
    if (subjects_.size() >= kMostSubjects) return nullptr;
  }
  return &subjects_.try_emplace(key, Bucket{options_.each.burst, now, 0}).first->second;
}

bool RateLimit::Allow(std::string_view kind, std::string_view subject, Time now) {
  Bucket* const own = Find(KeyOf(kind, subject), now);
  if (own != nullptr) Fill(*own, options_.each, now);
  Fill(all_, options_.all, now);
  const bool allowed = all_.tokens >= 1 && (own == nullptr || own->tokens >= 1);
  if (!allowed) {
    ++(own == nullptr ? all_ : *own).left_out;
    return false;
  }
  --all_.tokens;
  if (own != nullptr) --own->tokens;
  return true;
}

std::uint64_t RateLimit::TakeLeftOut(std::string_view kind, std::string_view subject) {
  const auto known = subjects_.find(KeyOf(kind, subject));
  return known == subjects_.end() ? 0 : std::exchange(known->second.left_out, 0);
}

std::uint64_t RateLimit::TakeAllLeftOut() {
  std::uint64_t count = std::exchange(all_.left_out, 0);
  for (auto& [key, bucket] : subjects_) count += std::exchange(bucket.left_out, 0);
  return count;
}

}  // namespace lossd::logging
