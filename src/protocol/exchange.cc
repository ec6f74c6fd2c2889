#include "protocol/exchange.h"

#include <algorithm>

#include "base/check.h"

namespace sotto {
namespace {

// Bytes [offset, offset + size) of the payload.
PayloadParts Slice(const PayloadParts& payload, uint64_t offset, uint64_t size) {
  PayloadParts slice;
  for (size_t i = 0; i < payload.size(); ++i) {
    const uint64_t skip = std::min<uint64_t>(offset, payload[i].size());
    slice[i] = payload[i].subspan(skip, std::min<uint64_t>(size, payload[i].size() - skip));
    offset -= skip;
    size -= slice[i].size();
  }
  return slice;
}

}  // namespace

bool Session::Exchange::BeginTouch() {
  const std::lock_guard lock(session.mutex_);
  if (!session.failure_.ok() || done) return false;
  ++users;
  return true;
}

void Session::Exchange::EndTouch() {
  if (--users == 0) session.changed_.notify_all();
}

absl::Status Session::Exchange::Take(uint64_t size, FrameReader copy) {
  if (!BeginTouch()) return session.failure();
  const Clock::time_point begin = Clock::now();
  const absl::StatusOr<uint64_t> wire_bytes = copy(Slice(payload, taken_, size));
  const std::lock_guard lock(session.mutex_);
  EndTouch();
  SOTTO_RETURN_IF_ERROR(session.failure_);
  SOTTO_RETURN_IF_ERROR(wire_bytes.status());
  session.stats_.bytes_sent += *wire_bytes;
  session.stats_.wire_ns += std::chrono::nanoseconds(Clock::now() - begin).count();
  taken_ += size;
  if (taken_ < request_.payload_bytes) return absl::OkStatus();
  sent = true;
  request_.seed.reset();
  request_.mask_seed.Wipe();
  return absl::OkStatus();
}

absl::Status Session::Exchange::Put(uint64_t size, FrameWriter copy) {
  SOTTO_CHECK(size <= answer.size() - received_);
  if (!BeginTouch()) return session.failure();
  const Clock::time_point begin = Clock::now();
  const absl::StatusOr<uint64_t> wire_bytes = copy(answer.subspan(received_, size));
  const std::lock_guard lock(session.mutex_);
  EndTouch();
  if (!wire_bytes.ok()) return session.failure_.ok() ? wire_bytes.status() : session.failure_;
  // Before whoever waits is woken: who has an answer finds it in the counters.
  session.stats_.bytes_received += *wire_bytes;
  session.stats_.wire_ns += std::chrono::nanoseconds(Clock::now() - begin).count();
  // Although the session may have failed meanwhile: a complete answer is verified.
  received_ += size;
  if (received_ < sizes.answer_bytes) return session.failure_;
  done = true;
  session.pending_.erase(request_.sequence);
  session.changed_.notify_all();
  return session.failure_;
}

}  // namespace sotto
