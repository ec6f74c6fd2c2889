#include "protocol/record_pipe.h"

#include <array>

#include "base/check.h"
#include "protocol/records.h"

namespace sotto {
namespace {

// Of the longest record.
using Sealed = std::array<uint8_t, kRequestRecordBytes + kRecordTagBytes>;

}  // namespace

RecordPipe::RecordPipe(BytePipe& pipe, const std::optional<PlaneKeys>& keys, Side side)
    : pipe_(pipe) {
  if (!keys) return;
  const bool client = side == Side::kClient;
  ciphers_.emplace(
      Ciphers{.sealer = RecordSealer(client ? keys->request_records : keys->answer_records),
              .out = PayloadCipher(client ? keys->request_payloads : keys->answer_payloads),
              .opener = RecordOpener(client ? keys->answer_records : keys->request_records),
              .in = PayloadCipher(client ? keys->answer_payloads : keys->request_payloads)});
}

absl::Status RecordPipe::WriteRecord(std::span<const uint8_t> record, PipeWait wait) {
  if (!ciphers_) return pipe_.Write(record, nullptr, wait);
  Sealed memory;
  const std::span<uint8_t> sealed = std::span(memory).first(record.size() + kRecordTagBytes);
  ciphers_->sealer.Seal(record, sealed);
  return pipe_.Write(sealed, nullptr, wait);
}

absl::Status RecordPipe::WritePayload(std::span<const uint8_t> payload, PipeWait wait) {
  return pipe_.Write(payload, ciphers_ ? &ciphers_->out : nullptr, wait);
}

absl::Status RecordPipe::ReadRecord(std::span<uint8_t> record, PipeWait wait) {
  if (!ciphers_) return pipe_.Read(record, nullptr, wait);
  Sealed memory;
  const std::span<uint8_t> sealed = std::span(memory).first(record.size() + kRecordTagBytes);
  SOTTO_RETURN_IF_ERROR(pipe_.Read(sealed, nullptr, wait));
  return ciphers_->opener.Open(sealed, record);
}

absl::Status RecordPipe::ReadPayload(std::span<uint8_t> payload, PipeWait wait) {
  return pipe_.Read(payload, ciphers_ ? &ciphers_->in : nullptr, wait);
}

}  // namespace sotto
