#include "accelerator/grpc_session_io.h"

#include <algorithm>
#include <cstring>

#include "base/strings.h"

namespace sotto {
namespace {

void Assign(std::string& data, std::span<const uint8_t> bytes) {
  data.assign(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

}  // namespace

absl::Status AsClientsFault(const absl::Status& status) {
  return absl::IsAborted(status) ? absl::InvalidArgumentError(status.message()) : status;
}

absl::StatusOr<bool> GrpcSessionIo::Read(RequestGate& gate, Arrival& arrival) {
  do {
    if (!stream_.Read(&in_)) return false;
  } while (in_.has_doorbell());
  if (!in_.has_request()) return absl::InvalidArgumentError("expected a request");
  SOTTO_ASSIGN_OR_RETURN(arrival.request, DecodeRequest(in_.request()));
  SOTTO_ASSIGN_OR_RETURN(arrival.sizes, gate.Admit(arrival.request));
  arrival.payload.Resize(arrival.sizes.request_bytes);
  SOTTO_RETURN_IF_ERROR(ReadPayload(arrival.request, arrival.payload.bytes()));
  return true;
}

absl::Status GrpcSessionIo::ReadPayload(const RequestHeader& request, std::span<uint8_t> payload) {
  const std::string* data = &in_.request().data();
  if (payload.empty()) {
    return data->empty() ? absl::OkStatus()
                         : absl::InvalidArgumentError("data after the end of the payload");
  }
  uint64_t received = 0, offset = 0;
  while (true) {
    SOTTO_RETURN_IF_ERROR(
        AsClientsFault(CheckChunk(offset, data->size(), received, payload.size())));
    std::memcpy(payload.data() + received, data->data(), data->size());
    received += data->size();
    if (received == payload.size()) return absl::OkStatus();
    if (!stream_.Read(&in_))
      return absl::CancelledError("the session ended in the middle of a request");
    if (!in_.has_chunk() || in_.chunk().sequence() != request.sequence) {
      return absl::InvalidArgumentError("expected the next chunk of the request");
    }
    data = &in_.chunk().data();
    offset = in_.chunk().offset();
  }
}

absl::Status GrpcSessionIo::Write(const AnswerHeader& header, std::span<const uint8_t> payload) {
  uint64_t sent = std::min(payload.size(), kMaxChunkBytes);
  EncodeAnswer(header, *out_.mutable_answer());
  Assign(*out_.mutable_answer()->mutable_data(), payload.first(sent));
  bool written = stream_.Write(out_);
  while (written && sent < payload.size()) {
    const std::span<const uint8_t> part =
        payload.subspan(sent, std::min(payload.size() - sent, kMaxChunkBytes));
    pb::Chunk& chunk = *out_.mutable_chunk();
    chunk.set_sequence(header.sequence);
    chunk.set_offset(sent);
    Assign(*chunk.mutable_data(), part);
    sent += part.size();
    written = stream_.Write(out_);
  }
  return written ? absl::OkStatus() : absl::CancelledError("the client disconnected");
}

void GrpcSessionIo::WriteFailure(const absl::Status& why) {
  out_.mutable_failure()->set_code(static_cast<uint32_t>(why.raw_code()));
  out_.mutable_failure()->set_message(std::string(ToStd(why.message())));
  stream_.Write(out_);
}

}  // namespace sotto
