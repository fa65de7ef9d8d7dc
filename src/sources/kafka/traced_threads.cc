// Stands for C11's threads in a program under a sanitizer, whose runtime follows those of POSIX alone: ThreadSanitizer
// fails in any other, and LeakSanitizer does not look at what their stacks point to. librdkafka makes its threads by
// C11's calls.

#include <pthread.h>
#include <threads.h>

#include <cstdint>
#include <memory>

namespace {

struct Beginning {
  thrd_start_t function;
  void* argument;
};

void* Run(void* given) {
  const std::unique_ptr<Beginning> beginning(static_cast<Beginning*>(given));
  return reinterpret_cast<void*>(static_cast<std::intptr_t>(beginning->function(beginning->argument)));
}

}  // namespace

extern "C" {
int thrd_create(thrd_t* thread, thrd_start_t function, void* argument) {
  auto beginning = std::make_unique<Beginning>(Beginning{function, argument});
  if (pthread_create(thread, nullptr, Run, beginning.get()) != 0) return thrd_error;
  static_cast<void>(beginning.release());
  return thrd_success;
}

int thrd_join(thrd_t thread, int* result) {
  void* returned = nullptr;
  if (pthread_join(thread, &returned) != 0) return thrd_error;
  if (result != nullptr) *result = static_cast<int>(reinterpret_cast<std::intptr_t>(returned));
  return thrd_success;
}

int thrd_detach(thrd_t thread) { return pthread_detach(thread) == 0 ? thrd_success : thrd_error; }
}
