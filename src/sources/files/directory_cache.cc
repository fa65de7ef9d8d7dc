#include "sources/files/directory_cache.h"

#include <string_view>
#include <utility>

#include "text/hash.h"

namespace lossd::sources {
namespace {

using std::chrono::nanoseconds;

/// How long a listing of this directory is believed.
nanoseconds Belief(std::string_view directory) {
  constexpr nanoseconds kSpread = DirectoryCache::kBelieved - DirectoryCache::kBelievedAtLeast;
  constexpr std::uint64_t kParts = 1024;
  return DirectoryCache::kBelievedAtLeast +
         kSpread / kParts * static_cast<std::int64_t>(text::HashBytes(directory) % kParts);
}

}  // namespace

bool DirectoryCache::IsOf(const Listing& listing, const os::FileStatus& status) {
  return listing.identity == FileIdentity{status.device, status.inode} && listing.modified_ns == status.modified_ns;
}

os::FileResult<const DirectoryCache::Contents*> DirectoryCache::Look(os::FileSystem& files,
                                                                     const std::string& directory, std::size_t part,
                                                                     const os::FileStatus& status, nanoseconds now,
                                                                     const Choose& choose) {
  if (listings_.size() <= part) listings_.resize(part + 1);
  const auto [found, is_new] = listings_[part].try_emplace(directory);
  Listing& listing = found->second;
  if (listing.walk != walk_) ++looked_at_;
  listing.walk = walk_;
  if (is_new || !IsOf(listing, status)) {
    listing.identity = {status.device, status.inode};
    listing.modified_ns = status.modified_ns;
    listing.seen = now;
    listing.listed = now;
    listing.believed = Belief(directory);
  } else if (listing.listed - listing.seen >= kCoarsest && now - listing.listed < listing.believed &&
             status.modified_ns != 0 && (timeless_.empty() || !timeless_.contains(status.device))) {
    return &listing.contents;
  }
  const auto entries = files.List(directory);
  if (!entries) {
    listings_[part].erase(found);
    --looked_at_;
    same_ = false;
    return entries.error();
  }
  Contents contents = choose(*entries);
  contents.directory = directory;
  if (is_new || contents != listing.contents) {
    same_ = false;
    // A name that came between Status and List shows in the time by now.
    if (listing.listed - listing.seen >= kCoarsest) {
      if (const auto since = files.Status(directory); since && IsOf(listing, *since)) timeless_.insert(status.device);
    }
    listing.contents = std::move(contents);
  }
  listing.listed = now;
  return &listing.contents;
}

bool DirectoryCache::EndWalk() {
  std::size_t known = 0;
  for (const auto& part : listings_) known += part.size();
  if (known != looked_at_) {
    same_ = false;
    for (auto& part : listings_) {
      std::erase_if(part, [&](const auto& entry) { return entry.second.walk != walk_; });
    }
  }
  ++walk_;
  looked_at_ = 0;
  return std::exchange(same_, true);
}

}  // namespace lossd::sources
