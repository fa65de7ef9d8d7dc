#include "web/password_checker.h"

#include <crypt.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <algorithm>
#include <condition_variable>
#include <cstdlib>
#include <map>
#include <mutex>
#include <random>
#include <thread>
#include <utility>
#include <vector>

namespace lossd::web {
namespace {

/// With a password that holds a NUL, which crypt would take for its end, nothing is equal.
bool IsRight(const std::string& password, const std::string& hash, crypt_data& scratch) {
  scratch.initialized = 0;
  const char* const got = crypt_r(password.c_str(), hash.c_str(), &scratch);
  const std::string made = got == nullptr ? "" : got;
  const bool equal = made.size() == hash.size() && CRYPTO_memcmp(made.data(), hash.data(), hash.size()) == 0;
  return equal && password.find('\0') == std::string::npos;
}

}  // namespace

struct PasswordChecker::Worker {
  struct Task {
    std::string password, hash;
    std::function<void(Outcome)> done;  ///< on the owner's thread
  };
  using Line = std::vector<Task>;  ///< of one user of one client, in no order

  /// Makes room for a task of `who`, if need be, by one that is told so. False where there is none.
  bool MakeRoom(const std::string& who) {
    const auto ours = lines.find(who);
    auto crowded = lines.end();
    if (ours != lines.end() && ours->second.size() >= kMostOfOne) {
      crowded = ours;
    } else if (waiting >= kMostWaiting) {
      crowded = std::ranges::max_element(lines, {}, [](const auto& entry) { return entry.second.size(); });
      if (crowded->second.size() <= (ours == lines.end() ? 1 : ours->second.size())) return false;
    } else {
      return true;
    }
    post([done = Take(crowded).done] { done(Outcome::kBusy); });
    return true;
  }

  /// One of a line, by chance.
  Task Take(std::map<std::string, Line>::iterator line) {
    Line& tasks = line->second;
    std::swap(tasks[chance() % tasks.size()], tasks.back());
    Task task = std::move(tasks.back());
    tasks.pop_back();
    if (tasks.empty()) lines.erase(line);
    --waiting;
    return task;
  }

  /// Of the next line in turn.
  Task Next() {
    auto line = lines.upper_bound(last);
    if (line == lines.end()) line = lines.begin();
    last = line->first;
    return Take(line);
  }

  explicit Worker(Post post_) : post(std::move(post_)), thread([this] { Run(); }) {}
  ~Worker() {
    {
      const std::lock_guard lock(mutex);
      stopping = true;
    }
    changed.notify_one();
    thread.join();
  }

  void Run() {
    const auto scratch = std::make_unique<crypt_data>();
    std::unique_lock lock(mutex);
    while (true) {
      changed.wait(lock, [this] { return stopping || waiting > 0; });
      if (stopping) return;
      Task task = Next();
      lock.unlock();
      const bool right = IsRight(task.password, task.hash, *scratch);
      OPENSSL_cleanse(task.password.data(), task.password.size());
      post([done = std::move(task.done), right] { done(right ? Outcome::kRight : Outcome::kWrong); });
      lock.lock();
    }
  }

  Post post;
  std::mutex mutex;
  std::condition_variable changed;
  std::map<std::string, Line> lines;  ///< none is empty
  std::string last;                   ///< whose turn was the last
  std::size_t waiting = 0;
  std::minstd_rand chance{std::random_device{}()};
  bool stopping = false;
  std::thread thread;
};

PasswordChecker::PasswordChecker(Post post) : post_(std::move(post)) {}

PasswordChecker::~PasswordChecker() = default;

PasswordChecker::Digest PasswordChecker::DigestOf(const std::string& user, const std::string& password,
                                                  const std::string& hash) const {
  // The hash has a fixed length, and a user's name holds no colon.
  const std::string text = hash + user + ':' + password;
  Digest digest{};
  HMAC(EVP_sha256(), key_.data(), static_cast<int>(key_.size()), reinterpret_cast<const unsigned char*>(text.data()),
       text.size(), digest.data(), nullptr);
  return digest;
}

PasswordChecker::Outcome PasswordChecker::Check(const std::string& client, const std::string& user,
                                                const std::string& password, const std::string& hash,
                                                std::function<void(Outcome)> later) {
  if (!worker_) {
    // Not before: the library takes megabytes with its first use. Without random numbers nobody could be told from
    // anybody else.
    if (RAND_bytes(key_.data(), static_cast<int>(key_.size())) != 1) std::abort();
    worker_ = std::make_unique<Worker>(post_);
  }
  const Digest digest = DigestOf(user, password, hash);
  if (right_.contains(digest)) return Outcome::kRight;
  {
    const std::lock_guard lock(worker_->mutex);
    // An address holds no blank.
    const std::string who = client + ' ' + user;
    if (!worker_->MakeRoom(who)) return Outcome::kBusy;
    ++worker_->waiting;
    worker_->lines[who].push_back({password, hash, [this, digest, answer = std::move(later)](Outcome outcome) {
                                     if (outcome == Outcome::kRight) {
                                       if (right_.size() >= kMostRemembered) right_.clear();
                                       right_.insert(digest);
                                     }
                                     answer(outcome);
                                   }});
  }
  worker_->changed.notify_one();
  return Outcome::kPending;
}

}  // namespace lossd::web
