#include "protocol/messages.h"

#include <utility>

#include "base/strings.h"

namespace sotto {
namespace {

// Bounds a matrix product: with it and kMaxProducts every size below fits 60 bits.
constexpr uint32_t kMaxDim = 1u << 20;

absl::Status Refuse(std::string_view field, uint64_t found, std::string_view want) {
  return absl::InvalidArgumentError(StrCat(field, " is ", found, ", expected ", want));
}

bool IsFloat(NumberFormat format) {
  return format == NumberFormat::kF32 || format == NumberFormat::kBf16;
}

absl::Status CheckRows(const RequestHeader& request) {
  if (request.rows >= 1 && request.rows <= kMaxRows) return absl::OkStatus();
  return Refuse("rows", request.rows, StrCat("1..", kMaxRows));
}

absl::StatusOr<ExchangeSizes> LinearSizes(const RequestHeader& request, const ModelShape& model) {
  if (request.layer >= model.layers.size()) {
    return Refuse("layer", request.layer, StrCat("below ", model.layers.size()));
  }
  SOTTO_RETURN_IF_ERROR(CheckRows(request));
  const bool relayed = request.operation != Operation::kLinear;
  const bool ring = request.format == NumberFormat::kRing32;
  if (!ring && (relayed || !IsFloat(request.format))) {
    return Refuse("format", static_cast<uint32_t>(request.format), "one that this operation has");
  }
  if (request.seed && !ring)
    return absl::InvalidArgumentError("a seed can stand for ring rows only");
  const LinearShape shape = model.layers[request.layer];
  const uint64_t width = BytesOf(request.format), x_bytes = request.rows * shape.n_in * width;
  return ExchangeSizes{.n_in = shape.n_in,
                       .n_out = shape.n_out,
                       .answer_rows = request.rows,
                       .answer_format = request.format,
                       .request_bytes = request.seed ? 0 : x_bytes,
                       .answer_bytes = request.rows * shape.n_out * width,
                       .expanded_bytes = request.seed ? x_bytes : 0};
}

// A relay source works from seeds alone; its product goes to the sink, its answer is empty.
absl::StatusOr<ExchangeSizes> RelaySourceSizes(const RequestHeader& request,
                                               const ModelShape& model) {
  if (!request.seed) return absl::InvalidArgumentError("a relay source takes a seed");
  SOTTO_ASSIGN_OR_RETURN(ExchangeSizes sizes, LinearSizes(request, model));
  sizes.relayed_bytes = std::exchange(sizes.answer_bytes, 0);
  sizes.answer_rows = 0;
  return sizes;
}

absl::StatusOr<ExchangeSizes> RelaySinkSizes(const RequestHeader& request,
                                             const ModelShape& model) {
  if (request.seed) return absl::InvalidArgumentError("a relay sink takes rows, not a seed");
  return LinearSizes(request, model);
}

absl::StatusOr<ExchangeSizes> EmbeddingSizes(const RequestHeader& request,
                                             const ModelShape& model) {
  SOTTO_RETURN_IF_ERROR(CheckRows(request));
  if (request.format != NumberFormat::kTokenIds) {
    return Refuse("format", static_cast<uint32_t>(request.format), "token ids");
  }
  return ExchangeSizes{.n_in = 1,
                       .n_out = model.hidden_size,
                       .answer_rows = request.rows,
                       .answer_format = NumberFormat::kF32,
                       .request_bytes = uint64_t{request.rows} * sizeof(int32_t),
                       .answer_bytes = request.rows * model.hidden_size * sizeof(float)};
}

absl::StatusOr<ExchangeSizes> MatMulSizes(const RequestHeader& request) {
  const MatMulShape& s = request.mat_mul;
  const auto in_range = [](uint32_t v, uint32_t max) { return v >= 1 && v <= max; };
  if (!in_range(s.batch, kMaxProducts) || !in_range(s.m, kMaxDim) || !in_range(s.n, kMaxDim) ||
      !in_range(s.k, kMaxDim)) {
    return absl::InvalidArgumentError(StrCat("matrix product of ", s.batch, " x [", s.m, ", ", s.k,
                                             "] x [", s.n, ", ", s.k, "] is out of range"));
  }
  if (request.format != NumberFormat::kF32) {
    return Refuse("format", static_cast<uint32_t>(request.format), "f32");
  }
  const uint64_t batch = s.batch, rows = batch * s.m;
  if (request.rows != rows) return Refuse("rows", request.rows, StrCat(rows));
  return ExchangeSizes{.n_in = s.k,
                       .n_out = s.n,
                       .answer_rows = rows,
                       .answer_format = NumberFormat::kF32,
                       .request_bytes = batch * (uint64_t{s.m} + s.n) * s.k * sizeof(float),
                       .answer_bytes = rows * s.n * sizeof(float)};
}

absl::StatusOr<ExchangeSizes> SizesOf(const RequestHeader& request, const ModelShape& model) {
  const bool linear = request.operation == Operation::kLinear ||
                      request.operation == Operation::kRelaySource ||
                      request.operation == Operation::kRelaySink;
  if (!linear && request.seed) {
    return absl::InvalidArgumentError("a seed can stand for rows of a linear layer only");
  }
  const bool relayed = linear && request.operation != Operation::kLinear;
  if (relayed != (request.relay_number != 0)) {
    return Refuse("relay_number", request.relay_number, relayed ? "another" : "0");
  }
  switch (request.operation) {
    case Operation::kLinear:
      return LinearSizes(request, model);
    case Operation::kRelaySink:
      return RelaySinkSizes(request, model);
    case Operation::kRelaySource:
      return RelaySourceSizes(request, model);
    case Operation::kEmbedding:
      return EmbeddingSizes(request, model);
    case Operation::kMatMul:
      return MatMulSizes(request);
  }
  return Refuse("operation", static_cast<uint32_t>(request.operation), "1..5");
}

}  // namespace

ModelShape ShapeOfModel(const ModelSpec& config) {
  ModelShape model{.hidden_size = config.hidden_size, .vocab_size = config.vocab_size};
  for (const LinearLayer layer : AllLinearLayers(config)) {
    model.layers.push_back(ShapeOf(config, layer));
  }
  return model;
}

absl::StatusOr<ExchangeSizes> CheckRequest(const RequestHeader& request, const ModelShape& model,
                                           uint64_t window_bytes) {
  SOTTO_ASSIGN_OR_RETURN(const ExchangeSizes sizes, SizesOf(request, model));
  if (request.payload_bytes != sizes.request_bytes) {
    return Refuse("payload_bytes", request.payload_bytes, StrCat(sizes.request_bytes));
  }
  if (const uint64_t held = sizes.held_bytes(); held > window_bytes) {
    return absl::ResourceExhaustedError(
        StrCat("an exchange of ", held, " bytes exceeds the window of ", window_bytes));
  }
  return sizes;
}

absl::Status CheckSessionHas(const RequestHeader& request, NumberFormat format) {
  switch (request.operation) {
    case Operation::kEmbedding:
    case Operation::kMatMul:
      if (format != NumberFormat::kRing32) return absl::OkStatus();
      return Refuse("operation", static_cast<uint32_t>(request.operation),
                    "one that a session of ring words has");
    default:
      if (request.format == format) return absl::OkStatus();
      return Refuse("format", static_cast<uint32_t>(request.format),
                    StrCat("the session's, ", static_cast<uint32_t>(format)));
  }
}

absl::StatusOr<size_t> CheckRelayHeader(const RelayHeader& header, const ModelShape& model,
                                        uint64_t max_bytes) {
  if (header.number == 0) return Refuse("number", 0, "another");
  if (header.layer >= model.layers.size()) {
    return Refuse("layer", header.layer, StrCat("below ", model.layers.size()));
  }
  if (header.rows < 1 || header.rows > kMaxRows) {
    return Refuse("rows", header.rows, StrCat("1..", kMaxRows));
  }
  const size_t n_out = model.layers[header.layer].n_out;
  const uint64_t bytes = header.rows * n_out * BytesOf(NumberFormat::kRing32);
  if (header.payload_bytes != bytes) {
    return Refuse("payload_bytes", header.payload_bytes, StrCat(bytes));
  }
  if (bytes > max_bytes) {
    return absl::ResourceExhaustedError(
        StrCat("a relayed product of ", bytes, " bytes exceeds the limit of ", max_bytes));
  }
  return n_out;
}

absl::Status CheckAnswer(const AnswerHeader& answer, const ExchangeSizes& sizes) {
  if (answer.format != sizes.answer_format || answer.rows != sizes.answer_rows) {
    return absl::AbortedError(StrCat("answer ", answer.sequence, " has ", answer.rows,
                                     " rows of format ", static_cast<uint32_t>(answer.format),
                                     ", expected ", sizes.answer_rows, " of format ",
                                     static_cast<uint32_t>(sizes.answer_format)));
  }
  if (answer.payload_bytes != sizes.answer_bytes) {
    return absl::AbortedError(StrCat("answer ", answer.sequence, " has ", answer.payload_bytes,
                                     " bytes, expected ", sizes.answer_bytes));
  }
  return absl::OkStatus();
}

absl::Status CheckChunk(uint64_t offset, uint64_t size, uint64_t received, uint64_t total) {
  if (offset == received && size > 0 && size <= total - received) return absl::OkStatus();
  return absl::AbortedError(StrCat("chunk of ", size, " bytes at offset ", offset, " after ",
                                   received, " of ", total, " bytes"));
}

}  // namespace sotto
