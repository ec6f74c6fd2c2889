// The headers of exchanges, independent of how they are encoded, and the checks both sides make
// before they touch a payload. Pure functions: bytes from a peer in, a Status or sizes out.
#ifndef SOTTO_PROTOCOL_MESSAGES_H_
#define SOTTO_PROTOCOL_MESSAGES_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "model/linear_layers.h"
#include "protocol/protocol.h"

namespace sotto {

enum class Operation : uint32_t {
  kLinear = 1,
  kEmbedding = 2,
  kMatMul = 3,
  kRelaySource = 4,  // Multiply the seed's rows, add the mask, send to the relay target.
  kRelaySink = 5,    // Multiply the rows, add what the relay source sends under the same id.
};

// answer[b] = left[b] right[b]^T: left [batch * m, k], right [batch * n, k].
struct MatMulShape {
  uint32_t batch = 0, m = 0, n = 0, k = 0;
  friend bool operator==(const MatMulShape&, const MatMulShape&) = default;
};

struct RequestHeader {
  uint64_t sequence = 0;  // 1, 2, 3, ... in the order they are sent
  Operation operation = Operation::kLinear;
  NumberFormat format = NumberFormat::kRing32;
  uint32_t layer = 0;  // LinearLayerIndex; kLinear and the relay operations
  uint32_t rows = 0;
  std::optional<Seed> seed{};  // In place of a payload.
  MatMulShape mat_mul{};       // kMatMul
  uint64_t relay_number = 0;   // The relay operations: not 0, once a session
  Seed mask_seed{};            // kRelaySource
  uint64_t payload_bytes = 0;

  friend bool operator==(const RequestHeader&, const RequestHeader&) = default;
};

struct AnswerHeader {
  uint64_t sequence = 0;
  NumberFormat format = NumberFormat::kRing32;
  uint32_t rows = 0;
  uint64_t payload_bytes = 0;
  uint64_t device_ns = 0;  // The server's word; never used for a decision.

  friend bool operator==(const AnswerHeader&, const AnswerHeader&) = default;
};

// Products of one kMatMul at most: a model's heads are fewer, and each takes a device far longer
// than its share of the bytes.
inline constexpr uint32_t kMaxProducts = 1024;

// What requests are checked against: each side's own model, never the peer's description of it.
struct ModelShape {
  std::vector<LinearShape> layers{};  // By LinearLayerIndex.
  size_t hidden_size = 0;
  size_t vocab_size = 0;
};
ModelShape ShapeOfModel(const ModelSpec& config);

// The one right size of everything in an exchange.
struct ExchangeSizes {
  size_t n_in = 0, n_out = 0;  // Columns of request and answer.
  size_t answer_rows = 0;
  NumberFormat answer_format = NumberFormat::kRing32;
  uint64_t request_bytes = 0, answer_bytes = 0;  // Payloads.
  uint64_t relayed_bytes = 0;   // kRelaySource: what is sent to the other accelerator.
  uint64_t expanded_bytes = 0;  // What a seed stands for.

  uint64_t total_bytes() const { return request_bytes + answer_bytes; }
  // What the server keeps for it.
  uint64_t held_bytes() const { return total_bytes() + relayed_bytes + expanded_bytes; }
};

// INVALID_ARGUMENT for whatever is out of range or inconsistent, naming the field;
// RESOURCE_EXHAUSTED when what the server keeps for it exceeds `window_bytes`. Sequence numbers are
// the caller's to check: it alone knows what came before.
absl::StatusOr<ExchangeSizes> CheckRequest(const RequestHeader& request, const ModelShape& model,
                                           uint64_t window_bytes);

// INVALID_ARGUMENT, naming the field, for a request that a session greeted with `format` does not
// have: one of another number format, or, in a session of RING32, an embedding or a matrix product.
absl::Status CheckSessionHas(const RequestHeader& request, NumberFormat format);

// What one accelerator sends another: the masked product of a relay source.
struct RelayHeader {
  uint64_t number = 0;  // The relay_number of source and sink.
  uint32_t layer = 0, rows = 0;
  uint64_t payload_bytes = 0;
};

// INVALID_ARGUMENT naming the field, RESOURCE_EXHAUSTED beyond `max_bytes`; else the payload's
// columns, n_out of the layer.
absl::StatusOr<size_t> CheckRelayHeader(const RelayHeader& header, const ModelShape& model,
                                        uint64_t max_bytes);

// ABORTED when the answer is not exactly what `sizes` says was asked for.
absl::Status CheckAnswer(const AnswerHeader& answer, const ExchangeSizes& sizes);

// ABORTED unless [offset, offset + size) directly follows the `received` bytes before it, is not
// empty, and stays within `total`.
absl::Status CheckChunk(uint64_t offset, uint64_t size, uint64_t received, uint64_t total);

}  // namespace sotto

#endif  // SOTTO_PROTOCOL_MESSAGES_H_
