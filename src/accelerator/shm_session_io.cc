#include "accelerator/shm_session_io.h"

#include "protocol/shm_records.h"

namespace sotto {
namespace {

constexpr std::chrono::seconds kControlGoodbye{1};

}  // namespace

ShmSessionIo::ShmSessionIo(grpc::ServerContext& context, SessionStream& stream, ShmRegion region)
    : stream_(stream),
      control_(context, stream),
      region_(std::move(region)),
      requests_(region_.requests()),
      answers_(region_.answers()),
      watcher_([this] { WatchStream(); }) {}

ShmSessionIo::~ShmSessionIo() {
  {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, kControlGoodbye, [&] { return ended_.load(); })) control_.Cancel();
  }
  watcher_.join();
}

void ShmSessionIo::WatchStream() {
  pb::ClientMessage message;
  while (stream_.Read(&message) && message.has_doorbell()) {
    std::lock_guard lock(mutex_);
    rung_ = true;
    changed_.notify_all();
  }
  std::lock_guard lock(mutex_);
  ended_ = true;
  changed_.notify_all();
}

absl::StatusOr<bool> ShmSessionIo::Read(RequestGate& gate, Arrival& arrival) {
  SOTTO_ASSIGN_OR_RETURN(const bool more, WaitForRequest());
  if (!more) return false;
  Poller::Wait pause;
  const auto wait = [&] { return WaitForPeer(pause); };
  RequestRecord record;
  SOTTO_RETURN_IF_ERROR(requests_.Read(record, wait));
  SOTTO_ASSIGN_OR_RETURN(arrival.request, DecodeRequestRecord(record));
  SOTTO_ASSIGN_OR_RETURN(arrival.sizes, gate.Admit(arrival.request));
  arrival.payload.Resize(arrival.sizes.request_bytes);
  std::span<uint8_t> payload = arrival.payload.bytes();
  if (arrival.request.operation == Operation::kMatMul) {
    // The operands are padded one by one.
    const MatMulShape& shape = arrival.request.mat_mul;
    const size_t left = size_t{shape.batch} * shape.m * shape.k * sizeof(float);
    SOTTO_RETURN_IF_ERROR(requests_.Read(payload.first(left), wait));
    payload = payload.subspan(left);
  }
  SOTTO_RETURN_IF_ERROR(requests_.Read(payload, wait));
  return true;
}

absl::StatusOr<bool> ShmSessionIo::WaitForRequest() {
  Poller::Wait pause;
  while (true) {
    SOTTO_ASSIGN_OR_RETURN(const bool has_data, requests_.HasData());
    if (has_data) return true;
    if (ended_) return false;
    if (pause.idle()) {
      SleepUntilDoorbell();
      pause.Reset();
    }
    pause.Pause();
  }
}

void ShmSessionIo::SleepUntilDoorbell() {
  std::atomic_ref<uint64_t> asleep(*region_.asleep_of_server());
  asleep.store(1);
  // What was published before the client could see the flag rings no bell.
  const absl::StatusOr<bool> has_data = requests_.HasData();
  if (has_data.ok() && !*has_data) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return rung_ || ended_; });
    rung_ = false;
  }
  asleep.store(0);
}

absl::Status ShmSessionIo::WaitForPeer(Poller::Wait& pause) const {
  if (ended_) return absl::CancelledError("the client disconnected");
  pause.Pause();
  return absl::OkStatus();
}

absl::Status ShmSessionIo::Write(const AnswerHeader& header, std::span<const uint8_t> payload) {
  Poller::Wait pause;
  const auto wait = [&] { return WaitForPeer(pause); };
  SOTTO_RETURN_IF_ERROR(answers_.Write(EncodeAnswerRecord(header), wait));
  SOTTO_RETURN_IF_ERROR(answers_.Write(payload, wait));
  answers_.Publish();
  return absl::OkStatus();
}

}  // namespace sotto
