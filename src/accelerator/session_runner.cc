#include "accelerator/session_runner.h"

#include <algorithm>
#include <chrono>
#include <thread>
#include <vector>

#include "accelerator/exchange_cost.h"
#include "base/strings.h"
#include "protocol/relay_words.h"

namespace sotto {
namespace {

using Clock = std::chrono::steady_clock;

// How long a client may take to end a session after it was told why it failed.
constexpr std::chrono::seconds kGoodbye{1};

uint64_t NanosecondsSince(Clock::time_point begin) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - begin).count();
}

}  // namespace

RequestGate::RequestGate(const ModelShape& model, const SessionContext& context)
    : model_(model),
      window_bytes_(context.window_bytes),
      format_(context.format),
      is_source_(context.relay.link != nullptr),
      is_sink_(context.relay.inbox != nullptr) {}

absl::StatusOr<ExchangeSizes> RequestGate::Admit(const RequestHeader& request) {
  if (request.sequence != last_sequence_ + 1) {
    return absl::InvalidArgumentError(
        StrCat("sequence number is ", request.sequence, ", expected ", last_sequence_ + 1));
  }
  last_sequence_ = request.sequence;
  SOTTO_RETURN_IF_ERROR(CheckSessionHas(request, format_));
  if ((request.operation == Operation::kRelaySource && !is_source_) ||
      (request.operation == Operation::kRelaySink && !is_sink_)) {
    return absl::FailedPreconditionError("this session did not agree to that part of a relay");
  }
  return CheckRequest(request, model_, window_bytes_);
}

SessionRunner::SessionRunner(ServedModel& model, FairScheduler& scheduler, SessionIo& io,
                             SessionContext context)
    : model_(model),
      scheduler_(scheduler),
      io_(io),
      context_(std::move(context)),
      gate_(model.shape(), context_) {}

absl::Status SessionRunner::Run() {
  std::vector<std::thread> threads;
  for (int i = 1; i < kThreadsPerSession; ++i) threads.emplace_back([this] { Loop(); });
  Loop();
  for (std::thread& thread : threads) thread.join();
  scheduler_.Forget(context_.id);
  return result_;
}

void SessionRunner::Stop(const absl::Status& why) {
  {
    std::lock_guard lock(state_);
    if (ended_) return;
  }
  Fail(why);
}

void SessionRunner::Loop() {
  Arrival arrival{.request = {}, .sizes = {}, .payload = WorkBuffer(model_.device())};
  WorkBuffer answer(model_.device());
  while (ReadNext(arrival)) {
    if (const absl::Status status = Serve(arrival, answer); !status.ok()) return Fail(status);
  }
}

bool SessionRunner::ReadNext(Arrival& arrival) {
  std::lock_guard reading(reading_);
  {
    std::lock_guard lock(state_);
    if (ended_) return false;
    in_read_ = true;
  }
  const absl::StatusOr<bool> read = io_.Read(gate_, arrival);
  {
    std::lock_guard lock(state_);
    in_read_ = false;
    read_returned_.notify_all();
  }
  if (!read.ok()) {
    Fail(read.status());
  } else if (!*read) {
    Finish(absl::OkStatus());
  } else {
    context_.idle->Progress();
  }
  return read.ok() && *read;
}

absl::Status SessionRunner::Serve(Arrival& arrival, WorkBuffer& answer) {
  ExchangeRecord record{.operation = arrival.request.operation,
                        .request_bytes = arrival.sizes.request_bytes,
                        .answer_bytes = arrival.sizes.answer_bytes};
  answer.Resize(arrival.sizes.answer_bytes + arrival.sizes.relayed_bytes);  // One of them is 0.
  const Clock::time_point arrived = Clock::now();
  {
    const IdleWatch::Session::Work work(*context_.idle);
    const FairScheduler::Turn turn =
        scheduler_.Acquire(context_.id, CostOf(arrival.request, arrival.sizes));
    record.queue_ns = NanosecondsSince(arrived);
    const Clock::time_point begin = Clock::now();
    const auto gone = [this] { return io_.ClientGone(); };
    SOTTO_RETURN_IF_ERROR(
        Executor(model_, context_.device_format)
            .Run(arrival.request, arrival.sizes, arrival.payload.bytes(), answer.bytes(), gone));
    record.device_ns = NanosecondsSince(begin);
  }
  // Without a turn: whoever waits for the other accelerator holds up nobody.
  SOTTO_RETURN_IF_ERROR(Relay(arrival, answer.bytes()));
  const AnswerHeader header{.sequence = arrival.request.sequence,
                            .format = arrival.sizes.answer_format,
                            .rows = static_cast<uint32_t>(arrival.sizes.answer_rows),
                            .payload_bytes = arrival.sizes.answer_bytes,
                            .device_ns = record.device_ns};
  {
    std::lock_guard writing(writing_);
    SOTTO_RETURN_IF_ERROR(io_.Write(header, answer.bytes().first(header.payload_bytes)));
  }
  context_.idle->Progress();
  context_.on_exchange(record);
  return absl::OkStatus();
}

absl::Status SessionRunner::Relay(const Arrival& arrival, std::span<uint8_t> product) {
  const RequestHeader& request = arrival.request;
  const bool source = request.operation == Operation::kRelaySource;
  if (!source && request.operation != Operation::kRelaySink) return absl::OkStatus();
  const auto gone = [this] { return io_.ClientGone(); };
  if (source) {
    return context_.relay.link->Send({.number = request.relay_number,
                                      .layer = request.layer,
                                      .rows = request.rows,
                                      .payload_bytes = product.size()},
                                     product, gone);
  }
  SOTTO_ASSIGN_OR_RETURN(const RelayedProduct relayed,
                         context_.relay.inbox->Take(request.relay_number, gone));
  if (relayed.layer != request.layer || relayed.words.rows() < request.rows) {
    return absl::InvalidArgumentError(
        StrCat("relayed product ", request.relay_number, " belongs to another exchange"));
  }
  const ConstMatrixView<uint32_t> words = relayed.words.view();
  AddRelayed<uint32_t>({words.data(), words.size()},
                       {reinterpret_cast<uint32_t*>(product.data()), request.rows * words.cols()});
  return absl::OkStatus();
}

void SessionRunner::Finish(const absl::Status& status) {
  std::lock_guard lock(state_);
  if (!ended_) result_ = status;
  ended_ = true;
}

void SessionRunner::Fail(const absl::Status& status) {
  Finish(status);
  {
    std::lock_guard writing(writing_);
    io_.WriteFailure(status);
  }
  std::unique_lock lock(state_);
  if (!read_returned_.wait_for(lock, kGoodbye, [&] { return !in_read_; })) io_.Cancel();
}

}  // namespace sotto
