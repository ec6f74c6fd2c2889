// Constants and names of the protocol between `sotto` and `sotto-accelerator`: docs/wire_format.md.
#ifndef SOTTO_PROTOCOL_PROTOCOL_H_
#define SOTTO_PROTOCOL_PROTOCOL_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/status.h"
#include "sotto/precision.h"
#include "sotto/split.h"

namespace sotto {

// Both sides must agree on it to the digit; raised by every change a peer could notice.
inline constexpr uint32_t kProtocolVersion = 5;

// Payload bytes one message carries at most, and the limit of a whole message.
inline constexpr size_t kMaxChunkBytes = size_t{1} << 20;
inline constexpr size_t kMaxMessageBytes = size_t{4} << 20;

// Rows of one exchange at most: a bound for arithmetic on sizes, far above any use.
inline constexpr uint32_t kMaxRows = 1u << 20;

inline constexpr size_t kSeedBytes = 32;
// What a mask is made from. Every copy wipes itself.
struct Seed : std::array<uint8_t, kSeedBytes> {
  ~Seed() { Wipe(); }
  // Zeroises now.
  void Wipe();
};

// What a client draws to name one session's inbox to both servers of a relay.
inline constexpr size_t kRelayTicketBytes = 16;
using RelayTicket = std::array<uint8_t, kRelayTicketBytes>;
inline constexpr char kRelayTicketKey[] = "sotto-relay-ticket-bin";  // gRPC metadata

// How the numbers of a payload are written. All little-endian; the values are those of the wire.
enum class NumberFormat : uint32_t {
  kF32 = 1,       // binary32, in the clear
  kBf16 = 2,      // bfloat16, in the clear; the product is rounded to it once
  kRing32 = 3,    // an element of Z / 2^32
  kTokenIds = 4,  // int32, in the clear: embedding lookup only
};
inline constexpr size_t BytesOf(NumberFormat format) {
  return format == NumberFormat::kBf16 ? 2 : 4;
}

// Bits of the weights that rows of `format` are multiplied by, as a client greets with them; 0
// where they are floats.
inline constexpr uint32_t WeightBits(NumberFormat format, FixedWeights width) {
  if (format != NumberFormat::kRing32) return 0;
  return width == FixedWeights::k12Bits ? 12 : 8;
}

// What a server says it multiplies a session's rows in: of RING32 this; else "f32", "bf16", ...
inline constexpr char kRingOperands[] = "ring32";

// Where payloads travel: in memory that both processes map, through a socket, or on the stream.
std::string_view DataPlaneName(DataPlane plane);  // "auto", "shm", "tcp", "grpc"
// INVALID_ARGUMENT for another name.
absl::StatusOr<DataPlane> ParseDataPlane(std::string_view name);

}  // namespace sotto

#endif  // SOTTO_PROTOCOL_PROTOCOL_H_
