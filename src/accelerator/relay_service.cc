#include "accelerator/relay_service.h"

#include <algorithm>
#include <chrono>
#include <string>

#include "absl/strings/escaping.h"
#include "accelerator/relay_intake.h"
#include "base/strings.h"
#include "wire/endpoint.h"
#include "wire/grpc_status.h"
#include "wire/proto_codec.h"

namespace sotto {
namespace {

// The client waits for the welcome meanwhile.
constexpr std::chrono::seconds kDialTimeout{3};
constexpr size_t kKeyBytes = 32;

absl::StatusOr<RelayTicket> TicketOf(const grpc::ServerContext& context) {
  RelayTicket ticket;
  const auto& metadata = context.client_metadata();
  const auto found = metadata.find(kRelayTicketKey);
  if (found == metadata.end()) return absl::InvalidArgumentError("want a relay ticket");
  const std::string bytes(found->second.data(), found->second.size());
  SOTTO_RETURN_IF_ERROR(CopyExactly(bytes, "ticket", ticket));
  return ticket;
}

}  // namespace

RelayEnds RelayService::Agree(const pb::RelayRole& role, bool client_on_this_host,
                              pb::RelayAgreement& agreement) {
  absl::StatusOr<RelayEnds> ends = Join(role, client_on_this_host);
  agreement.set_agreed(ends.ok());
  if (!ends.ok()) {
    agreement.set_why_not(std::string(ToStd(ends.status().message())));
    return {};
  }
  if (ends->inbox != nullptr) agreement.set_inbox_bytes(ends->inbox->max_bytes());
  return *std::move(ends);
}

absl::StatusOr<RelayEnds> RelayService::Join(const pb::RelayRole& role, bool client_on_this_host) {
  if (!options_.enabled) return absl::FailedPreconditionError("no relays here (--no-relay)");
  RelayEnds ends;
  RelayTarget target{.endpoint = role.target()};
  SOTTO_RETURN_IF_ERROR(CopyExactly(role.ticket(), "ticket", target.ticket));
  if (target.endpoint.empty()) {
    ends.inbox = inboxes_.Add(target.ticket, inbox_bytes_);
    if (ends.inbox == nullptr) return absl::AlreadyExistsError("a ticket that is in use");
    return ends;
  }
  SOTTO_RETURN_IF_ERROR(CheckTarget(target.endpoint, client_on_this_host));
  const std::string& key = role.target_key_sha256();
  if (!key.empty()) {
    if (key.size() != kKeyBytes)
      return absl::InvalidArgumentError("the target's key: want 32 bytes");
    target.tls = options_.identity;
    target.tls->pinned_key_sha256 = absl::BytesToHexString(key);
  }
  absl::StatusOr<std::unique_ptr<RelayLink>> link = RelayLink::Open(target, kDialTimeout);
  if (!link.ok()) {
    return absl::Status(link.status().code(), ToAbsl(StrCat("cannot reach ", target.endpoint, ": ",
                                                            ToStd(link.status().message()))));
  }
  ends.link = *std::move(link);
  return ends;
}

absl::Status RelayService::CheckTarget(const std::string& target, bool client_on_this_host) const {
  SOTTO_RETURN_IF_ERROR(CheckEndpoint(target, /*for_listening=*/false));
  const auto& allowed = options_.targets;
  if (!allowed.empty()) {
    if (std::find(allowed.begin(), allowed.end(), target) != allowed.end()) return absl::OkStatus();
    return absl::PermissionDeniedError("not one of the accelerators it may relay to (--relay-to)");
  }
  if (MayBeLoopback(target) && !client_on_this_host) {
    return absl::PermissionDeniedError("dials nothing on its own host for clients elsewhere");
  }
  return absl::OkStatus();
}

grpc::Status RelayService::Receive(grpc::ServerContext& context, RelayStream& stream) {
  const absl::StatusOr<RelayTicket> ticket = TicketOf(context);
  if (!ticket.ok()) return ToGrpc(ticket.status());
  const std::shared_ptr<RelayInbox> inbox = inboxes_.Find(*ticket);
  if (inbox == nullptr) return ToGrpc(absl::NotFoundError("no session has this ticket"));
  if (const absl::Status status = inbox->Attach([&] { context.TryCancel(); }); !status.ok()) {
    return ToGrpc(status);
  }
  RelayIntake intake(model_.shape(), *inbox);
  absl::Status status = absl::OkStatus();
  pb::RelayMessage message;
  stream.Write(pb::RelayReply());
  while (status.ok() && stream.Read(&message)) status = intake.Take(message);
  inbox->Detach();
  return ToGrpc(status);
}

}  // namespace sotto
