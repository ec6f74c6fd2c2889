#include "protocol/message_bytes.h"

#include <grpcpp/impl/codegen/proto_utils.h>
#include <grpcpp/support/slice.h>

#include "base/check.h"
#include "base/secret_buffer.h"
#include "base/strings.h"
#include "protocol/protocol.h"

namespace sotto {
namespace {

grpc::ByteBuffer SecretBytes(const pb::ClientMessage& message) {
  auto* const memory = new SecretBuffer(message.ByteSizeLong());
  SOTTO_CHECK(message.SerializeToArray(memory->span().data(), static_cast<int>(memory->size())));
  const grpc::Slice slice(
      memory->span().data(), memory->size(),
      [](void* owner) { delete static_cast<SecretBuffer*>(owner); }, memory);
  return grpc::ByteBuffer(&slice, 1);
}

}  // namespace

grpc::ByteBuffer TakeBytes(pb::ClientMessage& message) {
  if (HasSecrets(message)) {
    grpc::ByteBuffer bytes = SecretBytes(message);
    WipeSecrets(message);
    return bytes;
  }
  grpc::ByteBuffer bytes;
  bool own = false;
  const grpc::Status status =
      grpc::GenericSerialize<grpc::ProtoBufferWriter, pb::ClientMessage>(message, &bytes, &own);
  SOTTO_CHECK(status.ok());
  return bytes;
}

absl::Status ParseBytes(grpc::ByteBuffer& bytes, pb::ServerMessage& message) {
  if (const size_t size = bytes.Length(); size > kMaxMessageBytes) {
    return absl::AbortedError(
        StrCat("a message of ", size, " bytes, more than the ", kMaxMessageBytes, " allowed"));
  }
  const grpc::Status status =
      grpc::GenericDeserialize<grpc::ProtoBufferReader, pb::ServerMessage>(&bytes, &message);
  // libprotobuf's own words may repeat the peer's.
  return status.ok() ? absl::OkStatus() : absl::AbortedError("a message that does not decode");
}

}  // namespace sotto
