#include "protocol/session.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/cpu_clock.h"
#include "base/gravest.h"
#include "base/strings.h"
#include "protocol/exchange.h"

namespace sotto {
// Given up without Wait, it ends the session: the memory behind its views may then be freed, and
// the protocol cannot skip an exchange.
class Session::PendingAnswer final : public AcceleratorChannel::Pending {
 public:
  PendingAnswer(std::shared_ptr<Session> session, std::shared_ptr<Exchange> exchange)
      : session_(std::move(session)), exchange_(std::move(exchange)) {}
  ~PendingAnswer() override {
    if (exchange_ == nullptr) return;
    session_->Fail(absl::CancelledError("an exchange was given up"));
    session_->Settle(*exchange_).IgnoreError();
  }

  absl::Status Wait() override {
    SOTTO_CHECK(exchange_ != nullptr);
    return session_->Wait(*std::exchange(exchange_, nullptr));
  }

 private:
  const std::shared_ptr<Session> session_;
  std::shared_ptr<Exchange> exchange_;
};

Session::Session(std::string endpoint, const SessionOptions& options)
    : endpoint_(std::move(endpoint)),
      config_(options.config),
      model_(ShapeOfModel(options.config)),
      exchange_timeout_(options.exchange_timeout) {}

Session::~Session() {
  if (transport_ != nullptr && failure().ok()) transport_->Close();
  Fail(absl::CancelledError("the session was closed"));
}

void Session::Start(ServerInfo info, std::unique_ptr<Transport> transport) {
  std::lock_guard lock(mutex_);
  info_ = std::move(info);
  transport_ = std::move(transport);
}

size_t Session::MaxRows(LinearLayer layer) const {
  const LinearShape shape = ShapeOf(config_, layer);
  const uint64_t row_bytes = (shape.n_in + shape.n_out) * sizeof(uint32_t);
  return std::clamp<uint64_t>(info_.window_bytes / 4 / row_bytes, 1, kMaxRows);
}

absl::StatusOr<PendingExchange> Session::Submit(LinearLayer layer, const BlindedRows& rows,
                                                AnswerRows answer) {
  RequestHeader header{.operation = Operation::kLinear,
                       .format = rows.format(),
                       .layer = static_cast<uint32_t>(LinearLayerIndex(config_, layer)),
                       .rows = static_cast<uint32_t>(rows.rows()),
                       .payload_bytes = rows.payload().size()};
  if (rows.seed() != nullptr) header.seed = *rows.seed();
  if (const RelayPart* const relay = rows.relay(); relay != nullptr) {
    header.operation = rows.seed() != nullptr ? Operation::kRelaySource : Operation::kRelaySink;
    header.relay_number = relay->number;
    header.mask_seed = relay->mask_seed;
  }
  return Begin(header, {rows.payload()}, rows.cols(), answer);
}

absl::StatusOr<PendingExchange> Session::Begin(const RequestHeader& header,
                                               const PayloadParts& payload, size_t cols,
                                               const AnswerRows& answer) {
  const Clock::time_point begin = Clock::now();
  const uint64_t cpu_begin = ThreadCpuNs();
  const absl::StatusOr<ExchangeSizes> sizes = CheckRequest(header, model_, info_.window_bytes);
  if (!sizes.ok()) return Named(sizes.status());
  SOTTO_CHECK(cols == sizes->n_in && answer.cols() == sizes->n_out);
  SOTTO_CHECK(answer.rows() == sizes->answer_rows && answer.format() == sizes->answer_format);
  const auto exchange = std::make_shared<Exchange>(*this, header, *sizes, payload, answer.bytes(),
                                                   begin + exchange_timeout_);
  SOTTO_RETURN_IF_ERROR(Reserve(*exchange));
  const Clock::duration waited = Clock::now() - begin;
  auto pending = std::make_unique<PendingAnswer>(shared_from_this(), exchange);
  SOTTO_RETURN_IF_ERROR(Send(exchange));
  CountCall(waited, ThreadCpuNs() - cpu_begin);
  return pending;
}

absl::Status Session::Reserve(const Exchange& exchange) {
  const uint64_t bytes = exchange.sizes.total_bytes();
  std::unique_lock lock(mutex_);
  const bool in_time = changed_.wait_until(lock, exchange.end, [&] {
    return !failure_.ok() || in_flight_bytes_ + bytes <= info_.window_bytes;
  });
  SOTTO_RETURN_IF_ERROR(failure_);
  if (in_time) {
    in_flight_bytes_ += bytes;
    return absl::OkStatus();
  }
  lock.unlock();
  return FailWith(absl::DeadlineExceededError("no earlier exchange was answered in time"));
}

absl::Status Session::Send(const std::shared_ptr<Exchange>& exchange) {
  const std::lock_guard lock(sending_);
  SOTTO_RETURN_IF_ERROR(Enter(exchange));
  absl::Status sent = transport_->Send(exchange);
  return sent.ok() ? sent : FailWith(std::move(sent));
}

absl::Status Session::Enter(const std::shared_ptr<Exchange>& exchange) {
  const std::lock_guard lock(mutex_);
  SOTTO_RETURN_IF_ERROR(failure_);
  exchange->SetSequence(++last_sequence_);
  pending_.emplace(last_sequence_, exchange);
  return absl::OkStatus();
}

absl::StatusOr<std::shared_ptr<AnswerFrame>> Session::OnAnswer(const AnswerHeader& header) {
  const std::lock_guard lock(mutex_);
  SOTTO_RETURN_IF_ERROR(failure_);
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

absl::Status Session::Wait(Exchange& exchange) {
  const Clock::time_point begin = Clock::now();
  const uint64_t cpu_begin = ThreadCpuNs();
  const auto done = [&] {
    const std::lock_guard lock(mutex_);
    return exchange.done;
  };
  transport_->Receive(done, exchange.end);
  {
    std::unique_lock lock(mutex_);
    changed_.wait_until(lock, exchange.end, [&] { return exchange.done || !failure_.ok(); });
  }
  CountCall(Clock::now() - begin, ThreadCpuNs() - cpu_begin);
  return Settle(exchange);
}

absl::Status Session::Settle(Exchange& exchange) {
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

void Session::Fail(absl::Status why) {
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

absl::Status Session::FailWith(absl::Status why) {
  Fail(std::move(why));
  return failure();
}

absl::Status Session::failure() const {
  std::lock_guard lock(mutex_);
  return failure_;
}

absl::Status Session::Named(const absl::Status& status) const {
  return {status.code(), ToAbsl(StrCat("accelerator ", endpoint_, ": ", ToStd(status.message())))};
}

void Session::CountCall(Clock::duration waited, uint64_t cpu_ns) {
  std::lock_guard lock(mutex_);
  stats_.wait_ns += std::chrono::nanoseconds(waited).count();
  stats_.cpu_ns += cpu_ns;
}

SessionStats Session::stats() const {
  std::lock_guard lock(mutex_);
  return stats_;
}

}  // namespace sotto
