#include "base/thread_pool.h"

#include <omp.h>

#include <algorithm>
#include <atomic>
#include <cfenv>
#include <chrono>
#include <thread>
#include <vector>

#include "base/check.h"
#include "base/single_openmp_thread.h"

namespace sotto {
namespace {

// How long to spin before sleeping: about what a wake-up costs outside an enclave. Where there are
// fewer processors than threads that are ready, whoever is waited for may not be running, and all
// that is spun is taken from it.
constexpr std::chrono::microseconds kSpinTime(10);

void Pause() { __builtin_ia32_pause(); }

// Pauses take 10 to 140 cycles; the clock is not looked at while spinning, for it may be far away
// in an enclave.
int CountSpins() {
  using Clock = std::chrono::steady_clock;
  constexpr int kPauses = 200;
  Clock::duration shortest = Clock::duration::max();
  for (int i = 0; i < 3; ++i) {
    const Clock::time_point start = Clock::now();
    for (int pause = 0; pause < kPauses; ++pause) Pause();
    shortest = std::min(shortest, Clock::now() - start);
  }
  return static_cast<int>(kPauses * kSpinTime / std::max(shortest, Clock::duration(1)));
}

int Spins() {
  static const int spins = CountSpins();
  return spins;
}

// Until `value` is no longer `old`.
template <typename T>
void AwaitChange(const std::atomic<T>& value, T old) {
  for (int spin = Spins(); spin > 0; --spin) {
    if (value.load(std::memory_order_acquire) != old) return;
    Pause();
  }
  value.wait(old, std::memory_order_acquire);
}

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

  void AnnounceWork() {
    generation.fetch_add(1, std::memory_order_release);
    generation.notify_all();
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
    std::fesetenv(FE_DFL_ENV);  // Whatever the thread that made the pool had set.
    int seen = 0;
    for (;;) {
      AwaitChange(generation, seen);
      seen = generation.load(std::memory_order_acquire);
      if (stop.load(std::memory_order_acquire)) return;
      if (!Enter()) continue;
      RunTasks(worker);
      if (gate.fetch_sub(1, std::memory_order_release) == 1) gate.notify_one();
    }
  }

  // Whether there is a call to take part in: not where all of its tasks have been handed out
  // before this worker came to run.
  bool Enter() {
    int now = gate.load(std::memory_order_relaxed);
    while ((now & kOpen) != 0) {
      if (gate.compare_exchange_weak(now, now + 1, std::memory_order_acquire)) return true;
    }
    return false;
  }

  // Until every worker that entered is done; the others are not waited for, who may be long in
  // coming on a busy machine. A task may take long: one that waits for an accelerator must not cost
  // the caller a processor.
  void Close() {
    gate.fetch_and(~kOpen, std::memory_order_acquire);
    while (const int inside = gate.load(std::memory_order_acquire)) AwaitChange(gate, inside);
  }

  // A call ends with its last task, or with an exception of one that the caller runs: no other is
  // then begun, and none uses what goes with the caller's frame.
  class CallEnd {
   public:
    explicit CallEnd(State& state) : state_(state) {}
    ~CallEnd() {
      state_.next.store(state_.count, std::memory_order_relaxed);
      state_.Close();
      state_.busy.store(false, std::memory_order_release);
    }
    CallEnd(const CallEnd&) = delete;
    CallEnd& operator=(const CallEnd&) = delete;

   private:
    State& state_;
  };

  const int threads;
  const Task* task = nullptr;
  size_t count = 0;
  alignas(64) std::atomic<size_t> next{0};
  // Of the call under way: kOpen while workers may enter, and how many are inside.
  static constexpr int kOpen = 1 << 30;
  alignas(64) std::atomic<int> gate{0};
  alignas(64) std::atomic<int> generation{0};  // An int is what a futex waits on; it may wrap.
  std::atomic<bool> stop{false};
  std::atomic<bool> busy{false};
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
  const SingleOpenMpThread single;
  s.task = &task;
  s.count = count;
  s.next.store(0, std::memory_order_relaxed);
  s.gate.store(State::kOpen, std::memory_order_release);
  const State::CallEnd end(s);
  if (!s.workers.empty()) s.AnnounceWork();
  s.RunTasks(0);
}

}  // namespace sotto
