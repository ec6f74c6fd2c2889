#include "accelerator/relay_link.h"

#include <algorithm>

#include "base/strings.h"
#include "protocol/connect.h"
#include "protocol/grpc_status.h"

namespace sotto {
namespace {

using Clock = std::chrono::steady_clock;

// How often a thread that waits for the sink looks whether its client is still there.
constexpr std::chrono::milliseconds kSinkLook{50};

}  // namespace

absl::StatusOr<std::unique_ptr<RelayLink>> RelayLink::Open(const RelayTarget& target,
                                                           std::chrono::milliseconds timeout) {
  std::unique_ptr<RelayLink> link(new RelayLink);
  link->channel_ = MakeChannelToTarget(target.address, target.tls);
  link->stub_ = pb::Accelerator::NewStub(link->channel_);
  link->context_.AddMetadata(kRelayTicketKey, std::string(AsText(target.ticket)));
  const Clock::time_point deadline = Clock::now() + timeout;
  const auto late = [&] { return Clock::now() >= deadline; };
  link->stream_ = link->stub_->PrepareAsyncRelay(&link->context_, &link->queue_);
  link->stream_->StartCall(nullptr);
  if (link->Completed(late)) {
    link->stream_->Read(&link->reply_, nullptr);
    if (link->Completed(late)) return link;
  }
  if (late()) return absl::DeadlineExceededError("the other accelerator does not answer");
  grpc::Status status;
  link->stream_->Finish(&status, nullptr);
  link->Completed([] { return false; });  // The call is dead: at once.
  return FromPeer(status);
}

RelayLink::~RelayLink() {
  context_.TryCancel();
  queue_.Shutdown();
  void* tag = nullptr;
  bool ok = false;
  while (queue_.Next(&tag, &ok)) {
  }
}

bool RelayLink::Completed(const std::function<bool()>& given_up) {
  void* tag = nullptr;
  bool ok = false;
  while (true) {
    const auto next = queue_.AsyncNext(&tag, &ok, std::chrono::system_clock::now() + kSinkLook);
    if (next == grpc::CompletionQueue::GOT_EVENT) return ok;
    if (given_up()) return false;
  }
}

absl::Status RelayLink::WriteMessage(const std::function<bool()>& given_up) {
  stream_->Write(message_, nullptr);
  if (Completed(given_up)) return absl::OkStatus();
  context_.TryCancel();
  return dead_ = given_up() ? absl::CancelledError("the client disconnected")
                            : absl::UnavailableError("the relay's sink disconnected");
}

absl::Status RelayLink::Send(const RelayHeader& header, std::span<const uint8_t> product,
                             const std::function<bool()>& given_up) {
  std::lock_guard lock(mutex_);
  SOTTO_RETURN_IF_ERROR(dead_);
  for (uint64_t sent = 0; sent < product.size();) {
    const auto part = product.subspan(sent, std::min(product.size() - sent, kMaxChunkBytes));
    std::string* data = nullptr;
    if (sent == 0) {
      pb::RelayHeader& out = *message_.mutable_header();
      out.set_number(header.number);
      out.set_layer(header.layer);
      out.set_rows(header.rows);
      out.set_payload_bytes(header.payload_bytes);
      data = out.mutable_data();
    } else {
      pb::Chunk& out = *message_.mutable_chunk();
      out.set_sequence(header.number);
      out.set_offset(sent);
      data = out.mutable_data();
    }
    data->assign(AsText(part));
    SOTTO_RETURN_IF_ERROR(WriteMessage(given_up));
    sent += part.size();
  }
  return absl::OkStatus();
}

}  // namespace sotto
