// From the thread that talks to Kafka to the one that owns the jobs.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>

namespace lossd::sources {

/// Tasks run in the order in which they are posted. The thread that posts waits while too many are on their way, and
/// never holds up the one that runs them. Shared by both, for either may end first.
class Handover : public std::enable_shared_from_this<Handover> {
 public:
  using Task = std::function<void()>;

  /// `post` runs a task on the thread of the io_context; it is called until Abandon.
  explicit Handover(std::function<void(Task)> post) : post_(std::move(post)) {}

  // Of the thread that posts.
  /// Waits for room. False, and the task will not run, once abandoned.
  bool Post(Task task);
  /// Returns once the task has run.
  bool Run(Task task);
  /// Returns earlier where an end is asked for.
  void Sleep(std::chrono::nanoseconds time);
  bool ending() const;
  bool abandoned() const;

  // Of the thread of the io_context.
  void AskToEnd();
  /// Nothing is run any more.
  void Abandon();

 private:
  static constexpr std::size_t kMostOnTheWay = 4;

  std::function<void(Task)> post_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t on_the_way_ = 0;
  bool ending_ = false, abandoned_ = false;
};

}  // namespace lossd::sources
