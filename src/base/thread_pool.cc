#include "base/thread_pool.h"

#include <omp.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "base/check.h"

namespace sotto {
namespace {

// About 50 us on current processors: longer than the gap between two layers, short beside a futex
// wake-up inside an enclave.
constexpr int kSpins = 20000;

void Pause() { __builtin_ia32_pause(); }

}  // namespace

struct ThreadPool::State {
  using Task = absl::FunctionRef<void(size_t, int)>;

  explicit State(int threads) : threads(threads) {}
  // Here, and not in the pool's destructor: a thread that cannot be started ends the constructor.
  ~State() {
    stop.store(true, std::memory_order_release);
    AnnounceWork();
    for (std::thread& worker : workers) worker.join();
  }

  // Spins, then parks, until the generation differs from `seen` or the pool stops.
  void AwaitWork(uint64_t seen) {
    for (int spin = 0; spin < kSpins; ++spin) {
      if (generation.load(std::memory_order_acquire) != seen) return;
      Pause();
    }
    std::unique_lock lock(mutex);
    ++parked;
    wake.wait(lock, [&] { return generation.load(std::memory_order_acquire) != seen; });
    --parked;
  }

  void AnnounceWork() {
    // Under the mutex, so that a worker between its last look and its wait can't miss it.
    std::lock_guard lock(mutex);
    generation.fetch_add(1, std::memory_order_release);
    if (parked > 0) wake.notify_all();
  }

  void RunTasks(int worker) {
    for (;;) {
      const size_t index = next.fetch_add(1, std::memory_order_relaxed);
      if (index >= count) return;
      (*task)(index, worker);
    }
  }

  void WorkerMain(int worker) {
    omp_set_num_threads(1);
    uint64_t seen = 0;
    for (;;) {
      AwaitWork(seen);
      seen = generation.load(std::memory_order_acquire);
      if (stop.load(std::memory_order_acquire)) return;
      RunTasks(worker);
      if (running.fetch_sub(1, std::memory_order_release) == 1) running.notify_one();
    }
  }

  // Spins, then sleeps, until every worker is done. A task may take long: one that waits for an
  // accelerator must not cost the caller a processor.
  void AwaitWorkers() {
    for (int spin = 0; spin < kSpins; ++spin) {
      if (running.load(std::memory_order_acquire) == 0) return;
      Pause();
    }
    while (const int left = running.load(std::memory_order_acquire)) {
      running.wait(left, std::memory_order_acquire);
    }
  }

  const int threads;
  const Task* task = nullptr;
  size_t count = 0;
  alignas(64) std::atomic<size_t> next{0};
  alignas(64) std::atomic<int> running{0};
  alignas(64) std::atomic<uint64_t> generation{0};
  std::atomic<bool> stop{false};
  std::atomic<bool> busy{false};
  std::mutex mutex;
  std::condition_variable wake;
  int parked = 0;
  std::vector<std::thread> workers;
};

ThreadPool::ThreadPool(int threads) : state_(std::make_unique<State>(threads)) {
  SOTTO_CHECK(threads >= 1);
  for (int worker = 1; worker < threads; ++worker) {
    state_->workers.emplace_back([s = state_.get(), worker] { s->WorkerMain(worker); });
  }
}

ThreadPool::~ThreadPool() = default;

int ThreadPool::threads() const { return state_->threads; }

void ThreadPool::ParallelFor(size_t count, absl::FunctionRef<void(size_t, int)> task) {
  if (count == 0) return;
  State& s = *state_;
  SOTTO_CHECK(!s.busy.exchange(true, std::memory_order_acquire));
  // Any thread may call, and OpenMP's setting is the calling thread's own.
  omp_set_num_threads(1);
  s.task = &task;
  s.count = count;
  s.next.store(0, std::memory_order_relaxed);
  s.running.store(static_cast<int>(s.workers.size()), std::memory_order_relaxed);
  if (!s.workers.empty()) s.AnnounceWork();
  s.RunTasks(0);
  s.AwaitWorkers();
  s.busy.store(false, std::memory_order_release);
}

}  // namespace sotto
