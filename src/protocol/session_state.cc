#include "protocol/session_state.h"

#include <algorithm>

#include "base/gravest.h"
#include "base/strings.h"

namespace sotto {
namespace {

uint64_t Nanoseconds(std::chrono::steady_clock::duration d) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(d).count();
}

}  // namespace

SessionState::SessionState(std::string endpoint) : endpoint_(std::move(endpoint)) {}

void SessionState::SetWindow(uint64_t window_bytes) { window_bytes_ = window_bytes; }

void SessionState::SetTransport(std::unique_ptr<Transport> transport) {
  std::lock_guard lock(mutex_);
  transport_ = std::move(transport);
}

absl::Status SessionState::Reserve(Exchange& exchange) {
  const uint64_t bytes = exchange.sizes.total_bytes();
  std::unique_lock lock(mutex_);
  const bool in_time = changed_.wait_until(lock, exchange.deadline, [&] {
    return !failure_.ok() || in_flight_bytes_ + bytes <= window_bytes_;
  });
  if (!failure_.ok()) return failure_;
  if (in_time) {
    in_flight_bytes_ += bytes;
    return absl::OkStatus();
  }
  lock.unlock();
  Fail(absl::DeadlineExceededError("no earlier exchange was answered in time"));
  return failure();
}

absl::Status SessionState::Settle(Exchange& exchange) {
  std::unique_lock lock(mutex_);
  if (!exchange.done && failure_.ok()) {
    lock.unlock();
    Fail(absl::DeadlineExceededError("no complete answer in time"));
    lock.lock();
  }
  changed_.wait(lock, [&] { return exchange.users == 0; });
  in_flight_bytes_ -= exchange.sizes.total_bytes();
  changed_.notify_all();
  if (!exchange.done) return failure_;
  ++stats_.exchanges;
  stats_.device_ns += exchange.device_ns;
  return absl::OkStatus();
}

absl::Status SessionState::Enter(const std::shared_ptr<Exchange>& exchange) {
  std::lock_guard lock(mutex_);
  if (!failure_.ok()) return failure_;
  exchange->header.sequence = ++last_sequence_;
  pending_.emplace(last_sequence_, exchange);
  return absl::OkStatus();
}

bool SessionState::IsDone(const Exchange& exchange) const {
  std::lock_guard lock(mutex_);
  return exchange.done;
}

void SessionState::WaitForChange(Exchange& exchange, Clock::time_point until) {
  std::unique_lock lock(mutex_);
  changed_.wait_until(lock, until, [&] { return exchange.done || !failure_.ok(); });
}

void SessionState::MarkSent(Exchange& exchange) {
  std::lock_guard lock(mutex_);
  exchange.sent = true;
  exchange.header.seed.reset();
  exchange.header.mask_seed.Wipe();
}

absl::StatusOr<std::shared_ptr<Exchange>> SessionState::BeginAnswer(const AnswerHeader& header) {
  std::lock_guard lock(mutex_);
  if (!failure_.ok()) return failure_;
  const auto found = pending_.find(header.sequence);
  if (found == pending_.end() || !found->second->sent || found->second->answered) {
    return absl::AbortedError(StrCat("answer ", header.sequence, " was not asked for"));
  }
  Exchange& exchange = *found->second;
  SOTTO_RETURN_IF_ERROR(CheckAnswer(header, exchange.sizes));
  exchange.answered = true;
  exchange.device_ns = header.device_ns;
  return found->second;
}

bool SessionState::BeginTouch(Exchange& exchange) {
  std::lock_guard lock(mutex_);
  if (!failure_.ok() || exchange.done) return false;
  ++exchange.users;
  return true;
}

absl::Status SessionState::Touch(Exchange& exchange, absl::FunctionRef<absl::Status()> copy) {
  if (!BeginTouch(exchange)) return failure();
  absl::Status status = copy();
  std::lock_guard lock(mutex_);
  if (--exchange.users == 0) changed_.notify_all();
  return failure_.ok() ? status : failure_;
}

absl::Status SessionState::Receive(Exchange& exchange, uint64_t size, uint64_t wire_bytes,
                                   absl::FunctionRef<absl::Status()> copy) {
  if (!BeginTouch(exchange)) return failure();
  const Clock::time_point begin = Clock::now();
  absl::Status status = copy();
  std::lock_guard lock(mutex_);
  stats_.bytes_received += wire_bytes;
  stats_.wire_ns += Nanoseconds(Clock::now() - begin);
  if (--exchange.users == 0) changed_.notify_all();
  if (!status.ok()) return failure_.ok() ? status : failure_;
  // Counted although the session may have failed meanwhile: a complete answer is verified.
  exchange.received += size;
  if (exchange.received < exchange.sizes.answer_bytes) return failure_;
  exchange.done = true;
  pending_.erase(exchange.header.sequence);
  changed_.notify_all();
  return failure_;
}

void SessionState::Fail(const absl::Status& why) {
  Transport* transport = nullptr;
  {
    std::lock_guard lock(mutex_);
    if (const bool first = failure_.ok(); !KeepGravest(failure_, Named(why)) || !first) return;
    pending_.clear();
    transport = transport_.get();
    changed_.notify_all();
  }
  if (transport != nullptr) transport->Shutdown();
}

absl::Status SessionState::failure() const {
  std::lock_guard lock(mutex_);
  return failure_;
}

absl::Status SessionState::Named(const absl::Status& status) const {
  return {status.code(), ToAbsl(StrCat("accelerator ", endpoint_, ": ", ToStd(status.message())))};
}

void SessionState::CountSent(uint64_t bytes, Clock::duration took) {
  std::lock_guard lock(mutex_);
  stats_.bytes_sent += bytes;
  stats_.wire_ns += Nanoseconds(took);
}

void SessionState::CountWait(Clock::duration waited) {
  std::lock_guard lock(mutex_);
  stats_.wait_ns += Nanoseconds(waited);
}

void SessionState::CountCpu(uint64_t cpu_ns) {
  std::lock_guard lock(mutex_);
  stats_.cpu_ns += cpu_ns;
}

SessionStats SessionState::stats() const {
  std::lock_guard lock(mutex_);
  return stats_;
}

}  // namespace sotto
