// Notices that a client leaves while nobody reads from its connection.
#ifndef SOTTO_CONNECT_LEAVE_WATCH_H_
#define SOTTO_CONNECT_LEAVE_WATCH_H_

#include <poll.h>

#include <functional>
#include <memory>
#include <utility>

#include "connect/coroutines.h"

namespace sotto {

// On the thread of `io`; calls `when_left` at most once, as long as it lives.
class LeaveWatch {
 public:
  LeaveWatch(asio::io_context& io, int descriptor, std::function<void()> when_left)
      : shared_(std::make_shared<Shared>(io, descriptor, std::move(when_left))) {
    Wait(shared_);
  }
  ~LeaveWatch() {
    shared_->over = true;
    shared_->timer.cancel();
  }
  LeaveWatch(const LeaveWatch&) = delete;
  LeaveWatch& operator=(const LeaveWatch&) = delete;

  bool left() const { return shared_->left; }

 private:
  struct Shared {
    Shared(asio::io_context& io, int fd, std::function<void()> call)
        : timer(io), descriptor(fd), when_left(std::move(call)) {}
    asio::steady_timer timer;
    const int descriptor;
    const std::function<void()> when_left;
    bool over = false, left = false;
  };

  // How often the client is asked whether it is still there.
  static constexpr std::chrono::milliseconds kLeaveCheck{200};

  static void Wait(const std::shared_ptr<Shared>& shared) {
    shared->timer.expires_after(kLeaveCheck);
    shared->timer.async_wait([shared](const ErrorCode&) {
      if (shared->over) return;
      pollfd polled{.fd = shared->descriptor, .events = POLLRDHUP, .revents = 0};
      shared->left = poll(&polled, 1, /*timeout=*/0) > 0;
      if (!shared->left) return Wait(shared);
      shared->when_left();
    });
  }

  const std::shared_ptr<Shared> shared_;
};

}  // namespace sotto

#endif  // SOTTO_CONNECT_LEAVE_WATCH_H_
