// What a stranger with a ticket can send as a relay's source, what a client can ask a server to
// dial, and what a server can say of a relay. The input is a row of messages, each after a byte
// with its length; a byte of zero has the sink's session take the next product.
#include <algorithm>
#include <cstdint>
#include <string>

#include "accelerator/relay_intake.h"
#include "accelerator/relay_target.h"
#include "base/check.h"
#include "protocol/handshake.h"
#include "protocol/proto_codec.h"

namespace sotto {
namespace {

constexpr uint64_t kInboxBytes = 2048;

ModelShape RelayedShape() {
  return {.layers = {{.n_in = 12, .n_out = 20}, {.n_in = 20, .n_out = 3}},
          .hidden_size = 12,
          .vocab_size = 33};
}

bool NobodyComes() { return true; }

// Whatever arrived under the number has the size of a product of its layer.
void TakeOne(RelayInbox& inbox, uint64_t number, const ModelShape& model) {
  const absl::StatusOr<RelayedProduct> product = inbox.Take(number, NobodyComes);
  if (!product.ok()) return;
  SOTTO_CHECK(product->layer < model.layers.size());
  SOTTO_CHECK(product->words.cols() == model.layers[product->layer].n_out);
  SOTTO_CHECK(product->words.rows() * product->words.cols() * sizeof(uint32_t) <= kInboxBytes);
}

void TryStream(const uint8_t* data, size_t size) {
  const ModelShape model = RelayedShape();
  RelayInbox inbox(RelayTicket{}, kInboxBytes);
  SOTTO_CHECK(inbox.Attach([] {}).ok());
  RelayIntake intake(model, inbox);
  uint64_t next = 1;
  for (size_t at = 0; at < size;) {
    const size_t length = std::min<size_t>(data[at], size - at - 1);
    const std::string bytes(reinterpret_cast<const char*>(data) + at + 1, length);
    at += 1 + length;
    if (length == 0) {
      TakeOne(inbox, next++, model);
      continue;
    }
    pb::RelayMessage message;
    if (!message.ParseFromString(bytes) || !intake.Take(message).ok()) return;
  }
}

void TryHandshake(const std::string& bytes) {
  if (pb::RelayRole role; role.ParseFromString(bytes)) {
    RelayTicket ticket;
    CopyExactly(role.ticket(), "ticket", ticket).IgnoreError();
    // Whatever a stranger names, nobody is dialled.
    SOTTO_CHECK(!AddressToDial(role.target(), RelayPolicy{.targets = {"a:1"}}).ok());
    if (CheckRelayTarget(role.target()).ok()) SOTTO_CHECK(!role.target().starts_with("unix:"));
  }
  if (pb::RelayAgreement agreement; agreement.ParseFromString(bytes)) {
    ServerInfo info;
    ReadAgreement(agreement, info);
    SOTTO_CHECK(info.why_no_relay.size() <= 1000);
    for (const char c : info.why_no_relay) SOTTO_CHECK(c >= ' ' && c <= '~');
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  TryStream(data, size);
  TryHandshake(std::string(reinterpret_cast<const char*>(data), size));
  return 0;
}

}  // namespace sotto
