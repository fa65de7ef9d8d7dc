// Compares passwords with bcrypt hashes, which is slow by design: away from the thread that serves.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>

namespace lossd::web {

/// For one thread, which calls every method and on which every answer arrives. Passwords that were right are
/// remembered, as digests under a key of this process; wrong ones are not, so that guessing cannot push them out.
class PasswordChecker {
 public:
  /// Runs a function on the owner's thread, later; called from a thread of the checker's own.
  using Post = std::function<void(std::function<void()>)>;
  explicit PasswordChecker(Post post);
  /// Waits for the comparison under way, if any. Answers that have not been given never will be.
  ~PasswordChecker();
  PasswordChecker(const PasswordChecker&) = delete;
  PasswordChecker& operator=(const PasswordChecker&) = delete;

  enum class Outcome : std::uint8_t {
    kRight,    ///< at once: known from before
    kWrong,    ///< only later
    kPending,  ///< at once: `later` will be called
    kBusy,     ///< too many wait already: refused without a look
  };
  /// `hash` is one that IsBcryptHash takes; `client` is who asks. Clients, and the users of each, take turns, so that
  /// one that guesses does not keep the others out. Where one has kMostOfOne waiting, a new password takes the place of
  /// one of these by chance: even beside a flood in its own name a right one comes through in the end, and is
  /// remembered.
  Outcome Check(const std::string& client, const std::string& user, const std::string& password,
                const std::string& hash, std::function<void(Outcome)> later);

  static constexpr std::size_t kMostWaiting = 64;
  static constexpr std::size_t kMostOfOne = 8;
  static constexpr std::size_t kMostRemembered = 1024;

 private:
  using Digest = std::array<unsigned char, 32>;
  struct Worker;

  Digest DigestOf(const std::string& user, const std::string& password, const std::string& hash) const;

  std::array<unsigned char, 32> key_{};  ///< from the first password on
  std::set<Digest> right_;
  Post post_;
  std::unique_ptr<Worker> worker_;  ///< from the first password on
};

}  // namespace lossd::web
