#include "protocol/proto_codec.h"

#include <openssl/crypto.h>

#include <algorithm>

#include "base/strings.h"

namespace sotto {
namespace {

void Wipe(std::string& bytes) {
  OPENSSL_cleanse(bytes.data(), bytes.size());
  bytes.clear();
}

absl::Status DecodeRelay(const pb::ExchangeRequest& message, RequestHeader& header) {
  header.relay_number = message.relay_number();
  if (header.operation != Operation::kRelaySource) return absl::OkStatus();
  return CopyExactly(message.mask_seed(), "mask_seed", header.mask_seed);
}

}  // namespace

absl::Status CopyExactly(const std::string& bytes, std::string_view field, std::span<uint8_t> out) {
  if (bytes.size() != out.size()) {
    return absl::InvalidArgumentError(
        StrCat(field, " has ", bytes.size(), " bytes, expected ", out.size()));
  }
  std::copy(bytes.begin(), bytes.end(), out.begin());
  return absl::OkStatus();
}

void EncodeRequest(const RequestHeader& header, pb::ExchangeRequest& message) {
  message.Clear();  // Messages are reused: what the last one carried (a seed) must not go again.
  message.set_sequence(header.sequence);
  message.set_operation(static_cast<pb::Operation>(header.operation));
  message.set_format(static_cast<pb::NumberFormat>(header.format));
  message.set_layer(header.layer);
  message.set_rows(header.rows);
  if (header.seed) message.set_seed(header.seed->data(), kSeedBytes);
  if (header.operation == Operation::kMatMul) {
    pb::MatMulShape& shape = *message.mutable_mat_mul();
    shape.set_batch(header.mat_mul.batch);
    shape.set_m(header.mat_mul.m);
    shape.set_n(header.mat_mul.n);
    shape.set_k(header.mat_mul.k);
  }
  if (header.operation == Operation::kRelaySource) {
    message.set_mask_seed(header.mask_seed.data(), kSeedBytes);
  }
  message.set_relay_number(header.relay_number);
  message.set_payload_bytes(header.payload_bytes);
}

bool HasSecrets(const pb::ClientMessage& message) {
  if (message.has_ready()) return !message.ready().plane_keys().empty();
  const pb::ExchangeRequest& request = message.request();
  return !request.seed().empty() || !request.mask_seed().empty();
}

void WipeSecrets(pb::ClientMessage& message) {
  if (message.has_ready()) Wipe(*message.mutable_ready()->mutable_plane_keys());
  if (!message.has_request()) return;
  Wipe(*message.mutable_request()->mutable_seed());
  Wipe(*message.mutable_request()->mutable_mask_seed());
}

void EncodeAnswer(const AnswerHeader& header, pb::ExchangeAnswer& message) {
  message.Clear();
  message.set_sequence(header.sequence);
  message.set_format(static_cast<pb::NumberFormat>(header.format));
  message.set_rows(header.rows);
  message.set_payload_bytes(header.payload_bytes);
  message.set_device_ns(header.device_ns);
}

absl::StatusOr<RequestHeader> DecodeRequest(const pb::ExchangeRequest& message) {
  RequestHeader header;
  header.sequence = message.sequence();
  header.operation = static_cast<Operation>(message.operation());
  header.format = static_cast<NumberFormat>(message.format());
  header.layer = message.layer();
  header.rows = message.rows();
  if (!message.seed().empty()) {
    SOTTO_RETURN_IF_ERROR(CopyExactly(message.seed(), "seed", header.seed.emplace()));
  }
  const pb::MatMulShape& shape = message.mat_mul();
  header.mat_mul = {shape.batch(), shape.m(), shape.n(), shape.k()};
  SOTTO_RETURN_IF_ERROR(DecodeRelay(message, header));
  header.payload_bytes = message.payload_bytes();
  return header;
}

AnswerHeader DecodeAnswer(const pb::ExchangeAnswer& message) {
  return {.sequence = message.sequence(),
          .format = static_cast<NumberFormat>(message.format()),
          .rows = message.rows(),
          .payload_bytes = message.payload_bytes(),
          .device_ns = message.device_ns()};
}

}  // namespace sotto
