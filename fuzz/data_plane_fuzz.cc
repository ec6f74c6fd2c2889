// What comes through a data connection: a hail, then records and payloads of a peer that writes
// what it likes, in pieces, and leaves. Nothing but a Status may come of it. The first byte says
// how: open, sealed by somebody without the keys, or sealed well, so that what is in it is read.
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "base/check.h"
#include "protocol/record_pipe.h"
#include "protocol/records.h"
#include "protocol/socket_pipe.h"

namespace sotto {
namespace {

constexpr uint64_t kMostPayload = 1 << 16;
enum How : uint8_t { kOpen, kForged, kSealed };

// A Status without waiting: the peer has left.
absl::Status LookAgain() { return absl::OkStatus(); }

std::vector<uint8_t> AsSent(How how, const PlaneKeys& keys, std::span<const uint8_t> bytes) {
  std::vector<uint8_t> sent(bytes.begin(), bytes.end());
  if (how != kSealed || sent.size() < kRequestRecordBytes) return sent;
  std::vector<uint8_t> sealed(kRequestRecordBytes + kRecordTagBytes);
  RecordSealer(keys.request_records).Seal(std::span(sent).first(kRequestRecordBytes), sealed);
  sealed.resize(PaddedSize(sealed.size()));
  sealed.insert(sealed.end(), sent.begin() + kRequestRecordBytes, sent.end());
  return sealed;
}

void ReadAll(SocketPipe& pipe, const std::optional<PlaneKeys>& keys) {
  RecordPipe records(pipe, keys, RecordPipe::Side::kServer);
  while (true) {
    RequestRecord record;
    if (!records.ReadRecord(record, LookAgain).ok()) return;
    const absl::StatusOr<RequestHeader> header = DecodeRequestRecord(record);
    if (!header.ok()) return;
    std::vector<uint8_t> payload(std::min(header->payload_bytes, kMostPayload));
    if (!records.ReadPayload(payload, LookAgain).ok()) return;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0 || size > kMostPayload) return 0;
  const How how = static_cast<How>(data[0] % 3);
  const std::span<const uint8_t> bytes(data + 1, size - 1);
  if (bytes.size() >= kHailBytes) DecodeHail(bytes.first<kHailBytes>()).status().IgnoreError();

  PlaneKeys keys;
  keys.request_records.fill(1);
  keys.request_payloads.fill(2);
  int fds[2];
  SOTTO_CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == 0);
  SocketPipe pipe{Descriptor(fds[0])};
  Descriptor peer(fds[1]);
  const std::vector<uint8_t> sent = AsSent(how, keys, bytes);
  SOTTO_CHECK(send(peer.get(), sent.data(), sent.size(), MSG_DONTWAIT) ==
              static_cast<ssize_t>(sent.size()));
  peer.Reset();
  ReadAll(pipe, how == kOpen ? std::nullopt : std::optional(keys));
  return 0;
}

}  // namespace sotto
