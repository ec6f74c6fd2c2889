#include "accelerator/relay_service.h"

#include <chrono>
#include <string>
#include <thread>

#include "absl/strings/escaping.h"
#include "accelerator/event_log.h"
#include "accelerator/relay_intake.h"
#include "base/strings.h"
#include "protocol/proto_codec.h"

namespace sotto {
namespace {

// The client waits for the welcome meanwhile.
constexpr std::chrono::seconds kDialTimeout{3};
constexpr size_t kKeyBytes = 32;
constexpr size_t kMaxLoggedTarget = 100;
constexpr char kNoRelay[] =
    "not allowed, or not reachable from there; that server's log says which";

absl::StatusOr<RelayTicket> TicketOf(const grpc::ServerContext& context) {
  RelayTicket ticket;
  const auto& metadata = context.client_metadata();
  const auto found = metadata.find(kRelayTicketKey);
  if (found == metadata.end()) return absl::InvalidArgumentError("the relay ticket is missing");
  const std::string bytes(found->second.data(), found->second.size());
  SOTTO_RETURN_IF_ERROR(CopyExactly(bytes, "ticket", ticket));
  return ticket;
}

}  // namespace

RelayEnds RelayService::Agree(const pb::RelayRole& role, pb::RelayAgreement& agreement) {
  absl::StatusOr<RelayEnds> ends = Join(role);
  agreement.set_agreed(ends.ok());
  if (!ends.ok()) {
    const bool source = !role.target().empty();
    agreement.set_why_not(source ? kNoRelay : std::string(ToStd(ends.status().message())));
    LogEvent(LogLevel::kWarning, "no_relay",
             {{"target", role.target().substr(0, kMaxLoggedTarget)},
              {"why", std::string(ToStd(ends.status().message()))}});
    return {};
  }
  if (ends->inbox != nullptr) agreement.set_inbox_bytes(ends->inbox->max_bytes());
  return *std::move(ends);
}

absl::StatusOr<RelayEnds> RelayService::Join(const pb::RelayRole& role) {
  if (!options_.enabled) return absl::FailedPreconditionError("relays are disabled on this server");
  RelayTicket ticket;
  SOTTO_RETURN_IF_ERROR(CopyExactly(role.ticket(), "ticket", ticket));
  if (!role.target().empty()) return JoinAsSource(role, ticket);
  RelayEnds ends;
  ends.inbox = inboxes_.Add(ticket, inbox_bytes_);
  if (ends.inbox == nullptr) return absl::AlreadyExistsError("the relay ticket is already in use");
  return ends;
}

absl::StatusOr<RelayEnds> RelayService::JoinAsSource(const pb::RelayRole& role,
                                                     const RelayTicket& ticket) {
  RelayTarget target{.ticket = ticket};
  const std::string& key = role.target_key_sha256();
  if (!key.empty()) {
    if (key.size() != kKeyBytes) {
      return absl::InvalidArgumentError("the SHA-256 of the target's key must be 32 bytes");
    }
    target.tls = options_.identity;
    target.tls->pinned_key_sha256 = absl::BytesToHexString(key);
  }
  const auto deadline = std::chrono::steady_clock::now() + kDialTimeout;
  absl::StatusOr<std::unique_ptr<RelayLink>> link = Dial(role.target(), std::move(target));
  if (link.ok()) return RelayEnds{.link = *std::move(link), .inbox = nullptr};
  // Forbidden whatever is out there, and so at once; else what was found must not show in the time.
  if (options_.policy.Permits(role.target())) std::this_thread::sleep_until(deadline);
  return link.status();
}

absl::StatusOr<std::unique_ptr<RelayLink>> RelayService::Dial(const std::string& endpoint,
                                                              RelayTarget target) const {
  SOTTO_ASSIGN_OR_RETURN(target.address, AddressToDial(endpoint, options_.policy));
  return RelayLink::Open(target, kDialTimeout);
}

absl::Status RelayService::Receive(grpc::ServerContext& context, RelayStream& stream) {
  const absl::StatusOr<RelayTicket> ticket = TicketOf(context);
  if (!ticket.ok()) return ticket.status();
  const std::shared_ptr<RelayInbox> inbox = inboxes_.Find(*ticket);
  if (inbox == nullptr) return absl::NotFoundError("no session has this relay ticket");
  SOTTO_RETURN_IF_ERROR(inbox->Attach([&] { context.TryCancel(); }));
  RelayIntake intake(model_.shape(), *inbox);
  absl::Status status = absl::OkStatus();
  pb::RelayMessage message;
  stream.Write(pb::RelayReply());
  while (status.ok() && stream.Read(&message)) status = intake.Take(message);
  inbox->Detach();
  return status;
}

}  // namespace sotto
