// What a hostile client or server can send as a protobuf message: decoding and checking must end in
// a Status, and what passes the checks must have the sizes it claims.
#include <grpcpp/support/slice.h>

#include <array>
#include <cstdint>
#include <string>

#include "base/check.h"
#include "protocol/handshake.h"
#include "protocol/message_bytes.h"
#include "protocol/proto_codec.h"

namespace sotto {
namespace {

constexpr uint64_t kWindow = uint64_t{1} << 24;

ModelShape SmallShape() {
  return {.layers = {{.n_in = 12, .n_out = 20}, {.n_in = 20, .n_out = 12}},
          .hidden_size = 12,
          .vocab_size = 33};
}

void TryRequest(const pb::ExchangeRequest& message) {
  const absl::StatusOr<RequestHeader> header = DecodeRequest(message);
  if (!header.ok()) return;
  const absl::StatusOr<ExchangeSizes> sizes = CheckRequest(*header, SmallShape(), kWindow);
  if (!sizes.ok()) return;
  SOTTO_CHECK(sizes->total_bytes() <= kWindow);
  SOTTO_CHECK(sizes->request_bytes == header->payload_bytes);
  pb::ExchangeRequest again;
  EncodeRequest(*header, again);
  SOTTO_CHECK(*DecodeRequest(again) == *header);
}

void TryAnswer(const pb::ExchangeAnswer& message) {
  const ExchangeSizes sizes{.n_in = 12, .n_out = 20, .answer_rows = 3, .answer_bytes = 240};
  const AnswerHeader header = DecodeAnswer(message);
  if (CheckAnswer(header, sizes).ok()) SOTTO_CHECK(header.payload_bytes == sizes.answer_bytes);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  if (pb::ClientMessage message; message.ParseFromString(bytes)) {
    if (message.has_request()) TryRequest(message.request());
  }
  // As the client gets it from gRPC, in two pieces.
  const std::array<grpc::Slice, 2> slices = {grpc::Slice(bytes.substr(0, size / 2)),
                                             grpc::Slice(bytes.substr(size / 2))};
  grpc::ByteBuffer received(slices.data(), slices.size());
  if (pb::ServerMessage message; ParseBytes(received, message).ok()) {
    if (message.has_answer()) TryAnswer(message.answer());
    if (message.has_chunk()) {
      const uint64_t length = message.chunk().data().size();
      if (CheckChunk(message.chunk().offset(), length, 100, 240).ok()) {
        SOTTO_CHECK(length >= 1 && length <= 140);
      }
    }
    SessionOptions options;
    options.weights_sha256 = std::string(64, 'a');
    if (message.has_welcome()) {
      CheckDescription(message.welcome().description(), options).status().IgnoreError();
    }
  }
  return 0;
}

}  // namespace sotto
