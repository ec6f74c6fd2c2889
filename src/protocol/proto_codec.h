// Headers of exchanges as protobuf messages. Decoding checks what the encoding alone can get wrong
// (lengths of byte strings, unknown numbers); messages.h checks the rest.
#ifndef SOTTO_PROTOCOL_PROTO_CODEC_H_
#define SOTTO_PROTOCOL_PROTO_CODEC_H_

#include "base/status.h"
#include "protocol/accelerator.pb.h"
#include "protocol/messages.h"

namespace sotto {

namespace pb = wire::v1;

// Everything but `data`. A message with seeds is to be wiped when it has been serialised.
void EncodeRequest(const RequestHeader& header, pb::ExchangeRequest& message);
// Seeds of a request, keys of a Ready.
bool HasSecrets(const pb::ClientMessage& message);
void WipeSecrets(pb::ClientMessage& message);
void EncodeAnswer(const AnswerHeader& header, pb::ExchangeAnswer& message);

// INVALID_ARGUMENT naming the field.
absl::StatusOr<RequestHeader> DecodeRequest(const pb::ExchangeRequest& message);
AnswerHeader DecodeAnswer(const pb::ExchangeAnswer& message);

// INVALID_ARGUMENT unless `bytes` has exactly out.size() bytes; `field` names it.
absl::Status CopyExactly(const std::string& bytes, std::string_view field, std::span<uint8_t> out);

}  // namespace sotto

#endif  // SOTTO_PROTOCOL_PROTO_CODEC_H_
