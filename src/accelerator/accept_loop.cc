#include "accelerator/accept_loop.h"

#include <sys/eventfd.h>

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace sotto {
namespace {

Descriptor MakeStop() {
  Descriptor stop(eventfd(0, EFD_CLOEXEC));
  SOTTO_CHECK(stop.ok());
  return stop;
}

pollfd Readable(const Descriptor& fd) { return {.fd = fd.get(), .events = POLLIN, .revents = 0}; }

}  // namespace

AcceptLoop::AcceptLoop(std::unique_ptr<ListenSockets> sockets, AcceptOptions options)
    : sockets_(std::move(sockets)), options_(std::move(options)), stop_(MakeStop()) {
  thread_ = std::thread([this] { Run(); });
}

AcceptLoop::~AcceptLoop() {
  SOTTO_CHECK(eventfd_write(stop_.get(), 1) == 0);
  thread_.join();
}

void AcceptLoop::Run() {
  while (true) {
    std::vector<pollfd> polled = {Readable(stop_)};
    for (const Descriptor& fd : sockets_->fds()) polled.push_back(Readable(fd));
    for (const Held& held : held_) polled.push_back(Readable(held.connection));
    if (poll(polled.data(), polled.size(), UntilNextDue()) < 0) continue;  // EINTR
    if (polled[0].revents != 0) return;
    const size_t listeners = sockets_->fds().size();
    TakeDue(std::span(polled).subspan(1 + listeners));
    // One of each at a time: between two, whoever wants the thread to end is heard.
    for (size_t i = 1; i <= listeners; ++i) {
      if (polled[i].revents != 0) AcceptOne(polled[i].fd);
    }
  }
}

void AcceptLoop::TakeDue(std::span<const pollfd> polled) {
  const Clock::time_point now = Clock::now();
  std::vector<Held> waiting;
  for (size_t i = 0; i < held_.size(); ++i) {
    if (polled[i].revents == 0 && now < held_[i].until) {
      waiting.push_back(std::move(held_[i]));
    } else {
      options_.take(std::move(held_[i].connection), held_[i].listener);
    }
  }
  held_ = std::move(waiting);
}

void AcceptLoop::AcceptOne(int listener) {
  Descriptor connection = accepter_.Accept(listener, options_.flags);
  if (!connection.ok() || !options_.admit(connection.get())) return;
  if (options_.patience.count() == 0) {
    options_.take(std::move(connection), listener);
  } else {
    held_.push_back({std::move(connection), listener, Clock::now() + options_.patience});
  }
}

int AcceptLoop::UntilNextDue() const {
  if (held_.empty()) return -1;
  // Those that came first are due first.
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(held_.front().until - Clock::now());
  return static_cast<int>(std::max<int64_t>(0, left.count()));
}

}  // namespace sotto
