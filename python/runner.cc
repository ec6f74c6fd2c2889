#include "runner.h"

#include <chrono>
#include <utility>

#include "pybind11/stl.h"

namespace py = pybind11;

namespace sotto_python {
namespace {

// Below what a user of Ctrl-C notices.
constexpr std::chrono::milliseconds kSignalPeriod(20);

absl::Status Closed() { return absl::FailedPreconditionError("the model is closed"); }

absl::Status CalledFromCallback() {
  return absl::FailedPreconditionError(
      "a progress callback or signal handler must not use the model whose run it interrupts");
}

}  // namespace

Runner::~Runner() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
    stop_.request_stop();
  }
  changed_.notify_all();
  thread_.join();
}

absl::Status Runner::Run(const Request& request) {
  absl::Status status = TakeTurn();
  if (!status.ok()) return status;
  try {
    status = RunInTurn(request);
  } catch (...) {  // Also the end of a thread that the interpreter does not let go on.
    EndTurn();
    throw;
  }
  EndTurn();
  return status;
}

absl::Status Runner::Close() {
  {
    const std::lock_guard lock(mutex_);
    if (turn_ == std::this_thread::get_id()) return CalledFromCallback();
    closed_ = true;
    stop_.request_stop();
  }
  WaitUntil([this] { return !turn_.has_value(); });
  return absl::OkStatus();
}

void Runner::Loop() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return ending_ || work_; });
    if (!work_) return;
    const std::function<void()> work = std::exchange(work_, nullptr);
    lock.unlock();
    work();
    lock.lock();
  }
}

void Runner::WaitUntil(const std::function<bool()>& ready) {
  while (true) {
    // Not pybind11's guards: PyEval_RestoreThread ends a daemon thread once the interpreter has
    // gone, by unwinding its stack, which must not begin in a destructor.
    PyThreadState* const state = PyEval_SaveThread();
    bool is_ready = false;
    {
      std::unique_lock lock(mutex_);
      is_ready = changed_.wait_for(lock, kSignalPeriod, ready);
    }
    PyEval_RestoreThread(state);
    if (is_ready) return;
    if (PyErr_CheckSignals() != 0) throw py::error_already_set();
  }
}

absl::Status Runner::TakeTurn() {
  const std::thread::id caller = std::this_thread::get_id();
  absl::Status status;
  WaitUntil([&] {
    if (closed_) {
      status = Closed();
    } else if (turn_ == caller) {
      status = CalledFromCallback();
    } else if (turn_.has_value()) {
      return false;
    } else {
      turn_ = caller;
    }
    return true;
  });
  return status;
}

void Runner::EndTurn() {
  {
    const std::lock_guard lock(mutex_);
    turn_.reset();
  }
  changed_.notify_all();
}

absl::Status Runner::RunInTurn(const Request& request) {
  sotto::RunControl control{.names = request.names};
  if (!request.progress.is_none()) {
    control.progress = [this](const sotto::Progress& progress) {
      const std::lock_guard lock(mutex_);
      progress_ = progress;
      changed_.notify_all();
    };
  }
  {
    const std::lock_guard lock(mutex_);
    if (closed_) return Closed();
    stop_ = std::stop_source();
    control.stop = stop_.get_token();
    done_ = false;
    progress_.reset();
    work_ = [this, &request, &control] {
      absl::Status status = request.job(control);
      const std::lock_guard lock(mutex_);
      status_ = std::move(status);
      done_ = true;
      changed_.notify_all();
    };
  }
  changed_.notify_all();
  try {
    ReportProgress(request.progress);
  } catch (...) {
    std::unique_lock lock(mutex_);
    stop_.request_stop();
    changed_.wait(lock, [this] { return done_; });
    throw;
  }
  return std::move(status_);
}

void Runner::ReportProgress(const py::object& progress) {
  std::optional<sotto::Progress> update;
  bool done = false;
  while (!done) {
    WaitUntil([&] {
      update = std::exchange(progress_, std::nullopt);
      done = done_;
      return done || update.has_value();
    });
    if (update.has_value()) {
      progress(update->tokens_done, update->tokens_total, update->elapsed_seconds,
               update->seconds_left);
    }
  }
}

}  // namespace sotto_python
