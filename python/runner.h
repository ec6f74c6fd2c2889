// The thread that a model's forward passes run on.
//
// Python handles signals between bytecodes of its main thread, and a pass can take minutes. So
// passes run on a thread of their own, and the caller waits for them without the GIL, looking up
// now and then to handle signals and report progress. The thread is kept from pass to pass because
// oneDNN's calls are cached per thread.
#ifndef SOTTO_PYTHON_RUNNER_H_
#define SOTTO_PYTHON_RUNNER_H_

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "pybind11/pybind11.h"
#include "sotto/prefill.h"

namespace sotto_python {

// Thread-safe: jobs run one at a time. The functions are called with the GIL held, and release it
// while they wait. After fork() a child must not touch a Runner, not even to destroy it.
class Runner {
 public:
  // Called on the runner's thread, without the GIL. Passes `control` on to the Prefill.
  using Job = std::function<absl::Status(const sotto::RunControl& control)>;
  struct Request {
    Job job = {};
    std::vector<std::string> names = {};  // Of RunControl.
    // None, or called on the calling thread with (tokens_done, tokens_total, elapsed_seconds,
    // seconds_left or None). Updates that come while it runs are merged into one.
    pybind11::object progress = pybind11::none();
  };

  Runner() : thread_([this] { Loop(); }) {}
  ~Runner();
  Runner(const Runner&) = delete;
  Runner& operator=(const Runner&) = delete;

  // Waits for other callers' jobs, then runs this one and returns its status. If a signal handler
  // or `progress` raises, stops the job, waits until it has ended, and throws that exception.
  // FAILED_PRECONDITION after Close, and when called from `progress` or a signal handler, which the
  // caller's own job waits for.
  absl::Status Run(const Request& request);
  // Stops the job under way, lets no other begin, and waits until none runs. FAILED_PRECONDITION
  // as above.
  absl::Status Close();

 private:
  void Loop();
  // Waits without the GIL until `ready`, called under the mutex, says true. Throws if a signal
  // handler raises.
  void WaitUntil(const std::function<bool()>& ready);
  absl::Status TakeTurn();
  void EndTurn();
  absl::Status RunInTurn(const Request& request);
  // Until the job has ended.
  void ReportProgress(const pybind11::object& progress);

  std::mutex mutex_;
  std::condition_variable changed_;
  // Guarded by mutex_.
  bool closed_ = false, ending_ = false;
  std::optional<std::thread::id> turn_;  // Whose job runs; nullopt: nobody's.
  std::function<void()> work_;           // What the thread has yet to begin; null: nothing.
  bool done_ = false;                    // The job has ended, with status_.
  absl::Status status_;
  std::optional<sotto::Progress> progress_;  // Not yet reported.
  std::stop_source stop_;

  std::thread thread_;  // Last: it uses all of the above.
};

}  // namespace sotto_python

#endif  // SOTTO_PYTHON_RUNNER_H_
