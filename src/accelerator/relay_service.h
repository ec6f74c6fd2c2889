// Which relays a server takes part in: as the source it dials where its policy lets it
// (relay_target.h), as the sink it opens an inbox and lets in the one source that has its ticket.
#ifndef SOTTO_ACCELERATOR_RELAY_SERVICE_H_
#define SOTTO_ACCELERATOR_RELAY_SERVICE_H_

#include <grpcpp/grpcpp.h>
#include <grpcpp/support/sync_stream.h>

#include <memory>
#include <string>

#include "accelerator/relay_inbox.h"
#include "accelerator/relay_link.h"
#include "accelerator/relay_target.h"
#include "accelerator/served_model.h"
#include "protocol/accelerator.grpc.pb.h"
#include "protocol/proto_codec.h"

namespace sotto {

struct RelayOptions {
  bool enabled = true;
  RelayPolicy policy{};  // Whom clients may have this server send products to.
  // What this server shows to sinks that ask for a certificate; keys are pinned by the client.
  TlsOptions identity{};
};

// One session's part in a relay; neither: no part.
struct RelayEnds {
  std::unique_ptr<RelayLink> link;    // The source's.
  std::shared_ptr<RelayInbox> inbox;  // The sink's; closes with the session.
};

using RelayStream = grpc::ServerReaderWriter<pb::RelayReply, pb::RelayMessage>;

// Thread-safe.
class RelayService {
 public:
  // `model` outlives the service.
  // inbox_bytes: what each sink's session may keep.
  RelayService(const ServedModel& model, const RelayOptions& options, uint64_t inbox_bytes)
      : model_(model), options_(options), inbox_bytes_(inbox_bytes) {}

  // What a session's greeting asks for, and in `agreement` what it gets. A relay that cannot be is
  // no error: the session goes on without. Whatever keeps a source from its sink, the client reads
  // one and the same reason, and after a dial that failed, after one and the same time: a stranger
  // learns nothing of who listens where. The server's log has the reason.
  RelayEnds Agree(const pb::RelayRole& role, pb::RelayAgreement& agreement);

  // Receives a source's products until it leaves or the sink's session ends: OK, either way.
  absl::Status Receive(grpc::ServerContext& context, RelayStream& stream);

 private:
  absl::StatusOr<RelayEnds> Join(const pb::RelayRole& role);
  absl::StatusOr<RelayEnds> JoinAsSource(const pb::RelayRole& role, const RelayTicket& ticket);
  absl::StatusOr<std::unique_ptr<RelayLink>> Dial(const std::string& endpoint,
                                                  RelayTarget target) const;

  const ServedModel& model_;
  const RelayOptions options_;
  const uint64_t inbox_bytes_;
  RelayInboxes inboxes_;
};

}  // namespace sotto

#endif  // SOTTO_ACCELERATOR_RELAY_SERVICE_H_
