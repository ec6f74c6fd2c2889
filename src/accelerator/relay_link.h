// The source's end of a relay: a stream to the accelerator that one session's products go to.
#ifndef SOTTO_ACCELERATOR_RELAY_LINK_H_
#define SOTTO_ACCELERATOR_RELAY_LINK_H_

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>

#include "base/status.h"
#include "protocol/accelerator.grpc.pb.h"
#include "protocol/messages.h"
#include "protocol/proto_codec.h"
#include "protocol/session_options.h"

namespace sotto {

struct RelayTarget {
  std::string address{};  // As AddressToDial gives it.
  RelayTicket ticket{};
  std::optional<TlsOptions> tls{};  // With the key to expect pinned.
};

// Thread-safe. The peer is not trusted more than a client is: nothing waits for it without end.
class RelayLink {
 public:
  // Dials, and waits until the sink has taken the ticket; for `timeout` at most. UNAVAILABLE,
  // DEADLINE_EXCEEDED, or what the sink says (NOT_FOUND: it knows no such ticket).
  static absl::StatusOr<std::unique_ptr<RelayLink>> Open(const RelayTarget& target,
                                                         std::chrono::milliseconds timeout);
  ~RelayLink();

  // Sends one product. Blocks while the sink is slow to take it, until `given_up` says to stop
  // (CANCELLED). After an error every call fails.
  absl::Status Send(const RelayHeader& header, std::span<const uint8_t> product,
                    const std::function<bool()>& given_up);

 private:
  RelayLink() = default;
  // Waits for the one operation under way; false when it failed or was given up.
  bool Completed(const std::function<bool()>& given_up);
  absl::Status WriteMessage(const std::function<bool()>& given_up);

  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<pb::Accelerator::Stub> stub_;
  grpc::ClientContext context_;
  grpc::CompletionQueue queue_;
  std::unique_ptr<grpc::ClientAsyncReaderWriter<pb::RelayMessage, pb::RelayReply>> stream_;
  pb::RelayReply reply_;
  pb::RelayMessage message_;
  std::mutex mutex_;
  absl::Status dead_;  // Guarded by mutex_, like all of the above once the link is open.
};

}  // namespace sotto

#endif  // SOTTO_ACCELERATOR_RELAY_LINK_H_
