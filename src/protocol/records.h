// Headers of exchanges as records of the data planes, defined to the byte in
// docs/wire_format.md. All little-endian; what is not named is zero.
#ifndef SOTTO_PROTOCOL_RECORDS_H_
#define SOTTO_PROTOCOL_RECORDS_H_

#include <array>
#include <cstdint>

#include "base/status.h"
#include "protocol/messages.h"

namespace sotto {

inline constexpr size_t kRequestRecordBytes = 192, kAnswerRecordBytes = 64;
// May hold seeds: every copy wipes itself.
struct RequestRecord : std::array<uint8_t, kRequestRecordBytes> {
  RequestRecord() : array{} {}
  RequestRecord(const RequestRecord&) = default;
  RequestRecord& operator=(const RequestRecord&) = default;
  ~RequestRecord();
};
using AnswerRecord = std::array<uint8_t, kAnswerRecordBytes>;

RequestRecord EncodeRequestRecord(const RequestHeader& header);
AnswerRecord EncodeAnswerRecord(const AnswerHeader& header);

// The record must be private memory by now. INVALID_ARGUMENT when a reserved byte is not zero;
// messages.h checks everything else.
absl::StatusOr<RequestHeader> DecodeRequestRecord(const RequestRecord& record);
absl::StatusOr<AnswerHeader> DecodeAnswerRecord(const AnswerRecord& record);

}  // namespace sotto

#endif  // SOTTO_PROTOCOL_RECORDS_H_
