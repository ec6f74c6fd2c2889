// One exchange of a session, as its transport sees it and as the session keeps it. For session.cc.
#ifndef SOTTO_PROTOCOL_EXCHANGE_H_
#define SOTTO_PROTOCOL_EXCHANGE_H_

#include <cstdint>
#include <span>

#include "protocol/session.h"

namespace sotto {

// The session outlives it. While a transport copies, no lock is held, and nobody may give the
// memory back (`users`); once the session has failed, nobody begins to copy.
class Session::Exchange final : public RequestFrame, public AnswerFrame {
 public:
  Exchange(Session& owner, const RequestHeader& request, const ExchangeSizes& of,
           const PayloadParts& parts, std::span<uint8_t> where, Clock::time_point until)
      : session(owner), sizes(of), payload(parts), answer(where), end(until), request_(request) {}

  const RequestHeader& header() const override { return request_; }
  uint64_t exchange_bytes() const override { return sizes.total_bytes(); }
  Clock::time_point deadline() const override { return end; }
  absl::Status Take(uint64_t size, FrameReader copy) override;

  uint64_t sequence() const override { return request_.sequence; }
  uint64_t payload_bytes() const override { return sizes.answer_bytes; }
  uint64_t received() const override { return received_; }
  absl::Status Put(uint64_t size, FrameWriter copy) override;

  void SetSequence(uint64_t sequence) { request_.sequence = sequence; }

  Session& session;
  const ExchangeSizes sizes;
  const PayloadParts payload;
  const std::span<uint8_t> answer;
  const Clock::time_point end;

  // Guarded by the session's lock.
  uint64_t device_ns = 0;  // From the answer's header.
  bool sent = false;       // The last byte of the request has been taken.
  bool answered = false;   // The header of the answer has come.
  bool done = false;
  int users = 0;  // Threads copying from `payload` or to `answer` now.

 private:
  // False when the session has failed, or the exchange is done.
  bool BeginTouch();
  // REQUIRES: the session's lock.
  void EndTouch();

  RequestHeader request_;
  uint64_t taken_ = 0, received_ = 0;  // Each changed by one thread at a time.
};

}  // namespace sotto

#endif  // SOTTO_PROTOCOL_EXCHANGE_H_
