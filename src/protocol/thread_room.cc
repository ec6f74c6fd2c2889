#include "protocol/thread_room.h"

#include <atomic>
#include <cstdlib>
#include <system_error>
#include <thread>
#include <vector>

#include "base/strings.h"

namespace sotto {
namespace {

// What gRPC 1.51 starts of timers, queues and name lookups before it has served anything; those
// that come later depend on the load. No more, for whoever has just enough must not be refused.
constexpr size_t kThreads = 10;

}  // namespace

absl::Status TryThreads(size_t count) {
  std::atomic<int> running{0}, ended{0};
  std::vector<std::thread> threads;
  threads.reserve(count);
  std::string why;
  try {
    while (threads.size() < count) {
      threads.emplace_back([&running, &ended] {
        // The allocator reserves address space for a thread when that first asks for memory.
        void* volatile memory = std::malloc(1);
        std::free(memory);
        ++running;
        running.notify_all();
        ended.wait(0);
      });
      // Before the next thread takes its stack: it is the space for heaps that may leave none.
      running.wait(static_cast<int>(threads.size()) - 1);
    }
  } catch (const std::system_error& error) {
    why = error.code().message();
  }
  ended = 1;
  ended.notify_all();
  for (std::thread& thread : threads) thread.join();
  if (threads.size() == count) return absl::OkStatus();
  return absl::ResourceExhaustedError(StrCat("connections need ", count, " threads, but only ",
                                             threads.size(), " could be started: ", why,
                                             " (check the limits on threads and address space)"));
}

absl::Status CheckThreadRoom() {
  static const absl::Status status = TryThreads(kThreads);
  return status;
}

}  // namespace sotto
