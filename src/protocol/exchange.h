// One exchange as a session and its transport see it.
#ifndef SOTTO_PROTOCOL_EXCHANGE_H_
#define SOTTO_PROTOCOL_EXCHANGE_H_

#include <array>
#include <chrono>
#include <cstdint>
#include <span>

#include "protocol/messages.h"

namespace sotto {

struct Exchange {
  using Clock = std::chrono::steady_clock;

  RequestHeader header;  // The transport sets the sequence number. Without seeds once sent.
  ExchangeSizes sizes;
  std::array<std::span<const uint8_t>, 2> payload;  // Sent one after the other.
  std::span<uint8_t> answer;
  Clock::time_point deadline;

  // Guarded by the session's lock.
  uint64_t received = 0;   // Bytes of the answer.
  uint64_t device_ns = 0;  // From the answer's header.
  bool sent = false;       // The last byte of the request has left.
  bool answered = false;   // The header of the answer has come.
  bool done = false;
  int users = 0;  // Threads copying from `payload` or to `answer` now.
};

}  // namespace sotto

#endif  // SOTTO_PROTOCOL_EXCHANGE_H_
