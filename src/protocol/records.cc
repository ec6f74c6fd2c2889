#include "protocol/records.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <span>

#include "base/strings.h"

namespace sotto {
namespace {

static_assert(std::endian::native == std::endian::little);

constexpr uint32_t kHasSeed = 1;

// Offsets within a request record.
constexpr size_t kSequence = 0, kOperation = 8, kFormat = 12, kLayer = 16, kRows = 20,
                 kPayloadBytes = 24, kFlags = 32, kMatMul = 40, kRelayNumber = 56, kUnnamed = 64,
                 kSeedAt = 72, kMaskSeed = 104, kRequestEnd = 136;
// Offsets within an answer record.
constexpr size_t kAnswerSequence = 0, kAnswerFormat = 8, kAnswerRows = 12, kAnswerPayload = 16,
                 kAnswerDeviceNs = 24, kAnswerEnd = 32;

template <typename T>
void Put(std::span<uint8_t> record, size_t offset, const T& value) {
  std::memcpy(record.data() + offset, &value, sizeof(T));
}
template <typename T>
void Get(std::span<const uint8_t> record, size_t offset, T& value) {
  std::memcpy(&value, record.data() + offset, sizeof(T));
}
void Get(std::span<const uint8_t> record, size_t offset, Seed& seed) {
  std::memcpy(seed.data(), record.data() + offset, seed.size());
}

absl::Status CheckZero(std::span<const uint8_t> record, size_t begin, size_t end) {
  const auto part = record.subspan(begin, end - begin);
  if (std::all_of(part.begin(), part.end(), [](uint8_t b) { return b == 0; })) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(StrCat("reserved bytes at ", begin, " are not zero"));
}

}  // namespace

RequestRecord::~RequestRecord() { OPENSSL_cleanse(data(), size()); }

RequestRecord EncodeRequestRecord(const RequestHeader& header) {
  RequestRecord record;
  Put(record, kSequence, header.sequence);
  Put(record, kOperation, header.operation);
  Put(record, kFormat, header.format);
  Put(record, kLayer, header.layer);
  Put(record, kRows, header.rows);
  Put(record, kPayloadBytes, header.payload_bytes);
  Put(record, kFlags, header.seed ? kHasSeed : 0);
  Put(record, kMatMul, header.mat_mul);
  Put(record, kRelayNumber, header.relay_number);
  if (header.seed) std::memcpy(record.data() + kSeedAt, header.seed->data(), kSeedBytes);
  std::memcpy(record.data() + kMaskSeed, header.mask_seed.data(), kSeedBytes);
  return record;
}

absl::StatusOr<RequestHeader> DecodeRequestRecord(const RequestRecord& record) {
  RequestHeader header;
  uint32_t flags = 0;
  Get(record, kSequence, header.sequence);
  Get(record, kOperation, header.operation);
  Get(record, kFormat, header.format);
  Get(record, kLayer, header.layer);
  Get(record, kRows, header.rows);
  Get(record, kPayloadBytes, header.payload_bytes);
  Get(record, kFlags, flags);
  Get(record, kMatMul, header.mat_mul);
  Get(record, kRelayNumber, header.relay_number);
  Get(record, kMaskSeed, header.mask_seed);
  if (flags == kHasSeed) {
    Get(record, kSeedAt, header.seed.emplace());
  } else if (flags != 0) {
    return absl::InvalidArgumentError(StrCat("flags are ", flags));
  } else {
    SOTTO_RETURN_IF_ERROR(CheckZero(record, kSeedAt, kMaskSeed));
  }
  SOTTO_RETURN_IF_ERROR(CheckZero(record, kFlags + sizeof(flags), kMatMul));
  SOTTO_RETURN_IF_ERROR(CheckZero(record, kUnnamed, kSeedAt));
  SOTTO_RETURN_IF_ERROR(CheckZero(record, kRequestEnd, record.size()));
  return header;
}

AnswerRecord EncodeAnswerRecord(const AnswerHeader& header) {
  AnswerRecord record{};
  Put(record, kAnswerSequence, header.sequence);
  Put(record, kAnswerFormat, header.format);
  Put(record, kAnswerRows, header.rows);
  Put(record, kAnswerPayload, header.payload_bytes);
  Put(record, kAnswerDeviceNs, header.device_ns);
  return record;
}

absl::StatusOr<AnswerHeader> DecodeAnswerRecord(const AnswerRecord& record) {
  AnswerHeader header;
  Get(record, kAnswerSequence, header.sequence);
  Get(record, kAnswerFormat, header.format);
  Get(record, kAnswerRows, header.rows);
  Get(record, kAnswerPayload, header.payload_bytes);
  Get(record, kAnswerDeviceNs, header.device_ns);
  SOTTO_RETURN_IF_ERROR(CheckZero(record, kAnswerEnd, record.size()));
  return header;
}

}  // namespace sotto
