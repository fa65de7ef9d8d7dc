#include "web/password_checker.h"

#include <crypt.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <condition_variable>
#include <cstdlib>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

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
    std::function<void(bool)> done;  ///< on the owner's thread
  };

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
      changed.wait(lock, [this] { return stopping || !tasks.empty(); });
      if (stopping) return;
      Task task = std::move(tasks.front());
      tasks.pop_front();
      lock.unlock();
      const bool right = IsRight(task.password, task.hash, *scratch);
      OPENSSL_cleanse(task.password.data(), task.password.size());
      post([done = std::move(task.done), right] { done(right); });
      lock.lock();
    }
  }

  Post post;
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<Task> tasks;
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

PasswordChecker::Outcome PasswordChecker::Check(const std::string& user, const std::string& password,
                                                const std::string& hash, std::function<void(bool right)> later) {
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
    if (worker_->tasks.size() >= kMostWaiting) return Outcome::kBusy;
    worker_->tasks.push_back({password, hash, [this, digest, later = std::move(later)](bool right) {
                                if (right) {
                                  if (right_.size() >= kMostRemembered) right_.clear();
                                  right_.insert(digest);
                                }
                                later(right);
                              }});
  }
  worker_->changed.notify_one();
  return Outcome::kPending;
}

}  // namespace lossd::web
